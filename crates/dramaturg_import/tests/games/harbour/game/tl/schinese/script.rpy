translate schinese start_00000000:

    # "Gulls. A quay in the morning."
    "海鸥。清晨的码头。"

translate schinese quay_00000000:

    # a "Where to?"
    a "去哪儿？"

translate schinese strings:

    # game/script.rpy:2
    old "Ada"
    new "艾达"

    old "Buy the map"
    new "买下地图"

    old "Ask about the sea"
    new "问问大海的事"

    old "Sail out"
    new "出海"
