boat-name = the Patience
fare =
    { $has-coin ->
        [one] one coin
       *[other] { $has-coin } coins
    }
