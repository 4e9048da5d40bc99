fare = { $has-coin }枚铜钱
