# 结局里记得的事。
home-who =
    { $ship_safe ->
        [true] 一个穿水手毛衣的男人走完最后三级，空着两只手，站到了盐埠的码头上。{ home-name }
       *[other] 三月里，渡船上下来一个背水手袋的男人，后头跟着你，你请了两天假。他在那扇涩门前站了站，像在想这门怎么开来着。{ home-name }
    }
home-name =
    { $weather_known ->
        [true] “东北风。”托宾总得说点什么。“知道，”俊说，“我记下来了。”
       *[other] 托宾看了会儿自己的手，伸出去握住一只。“你的七带一杠。”他说。“你教的。”俊说。
    }
home-first =
    { $ship_safe ->
        [true] { home-who }
       *[other] { home-dorn }
    }
home-second =
    { $ship_safe ->
        [true] { home-dorn }
       *[other] { home-who }
    }
home-dorn =
    { $dorn_knows ->
        [true] { home-cork }
       *[other] 稽查合上册子，挨个道了早上好，一句也没记。
    }
home-cork =
    { $ship_safe ->
        [true] 稽查合上册子，递给他一个瓶塞。她说是失物，想办个交还。
       *[other] 稽查合上册子，在柜台上留下一个瓶塞。她说是失物，会有人来领的。
    }
home-coat =
    { $coat_worn ->
        [true] 你把外套给了他。他去摸左边袖口里的烟丝，烟丝还在。
       *[other] 他的外套还在钩子上。他在门口看了看它，把帽子挂在了旁边那个上头。
    }
home-bowls =
    { $ship_safe ->
        [true] 柜台上摆着五只碗。钟敲以前她就摆好了。
       *[other] 柜台上摆着四只碗。从冬至起，有渡船的日子，她都多摆一只。
    }
keep-cards =
    { $cards_at ->
        [ash] 往后的冬至，她再也不知道那天是什么天气。搜过的人家来了明信片，别人先看。
        [guest] 回程的渡船上，你在口袋里摸到那两张纸。你在底下添上自己这边的天气，寄还给她，没写名字。
        [dorn] 稽查把两张纸归了卷，在上头写：“天气。”然后用好带子捆上，就是捆了不再解的那一种。
       *[other] 九针后头，在一件没人穿的外套里，四点起细雪，七点转晴。
    }
keep-ship =
    { $ship_safe ->
        [true] 那条大船趁早潮走了。雾里有个男人站在船边，照册子上说，那儿没有人。
       *[other] 册子上他死了，死人坐不得渡船。每年最末一个礼拜有条外国船打这儿过，不进港。
    }
report-who =
    { $went ->
        [true] 他们把他夹在两盏灯中间，沿着码头带走。走到她门口，他问稽查，能不能让他先提一下，再推，算是看在从前。
       *[other] 有人在台阶上见过她，穿一件男人的外套，袖口挽了两道。那晚最后一条船没点灯。
    }
report-pilot =
    { $misled ->
        [true] 去问领航的。他说书记员看见她上山了，书记员是宣过誓的。
       *[other] { report-rocks }
    }
report-rocks =
    { $went ->
        [true] 去问领航的，船是谁领进来的。他说多半是雾。
       *[other] 去问领航的，他说他只认得礁石。
    }
report-bowl =
    { $hour ->
        [true] 桌上放着你那碗汤，扣着盘子，还烫。她那一个钟头，在这上头用了四分钟。
       *[other] 桌上放着你那碗汤，扣着盘子，还烫。
    }
