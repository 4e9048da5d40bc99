table-holds =
    { $has-ledger ->
        [0] 半张存根，一只凉透的碗
       *[other] 半张存根，一只凉透的碗，还有一本账，线缝里都是煤末
    }
goods =
    { $has-quilt ->
        [0] 没有别的
        [1] 蓝布棉被一床，下摆打过补丁
       *[other] 蓝布棉被{ $has-quilt }床
    }
