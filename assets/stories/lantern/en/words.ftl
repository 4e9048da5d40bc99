# What the endings remember.
home-who =
    { $ship_safe ->
        [true] A man in a ship's jersey came down three rungs and stood on the quay of Saltreach with nothing in his hands. { home-name }
       *[other] In March a man got off the ferry with a sea-bag, and behind him you, who had asked for two days' leave. He stood before the door that sticks as if he had to remember how it went. { home-name }
    }
home-name =
    { $weather_known ->
        [true] "North-east," said Tobin, to have something to say. "I know," said Jun. "I wrote it down."
       *[other] Tobin looked at his hands for a while and then shook one of them. "You bar your sevens," he said. "You taught me," said Jun.
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
       *[other] The inspector shut the book. She said good morning to everybody in turn, and entered none of it.
    }
home-cork =
    { $ship_safe ->
        [true] The inspector shut the book and held out a cork to him. She said it was a lost article, and that she wished to hand it in.
       *[other] The inspector shut the book and left a cork on the counter. It was a lost article, she said. Somebody would call for it.
    }
home-coat =
    { $coat_worn ->
        [true] You gave him his coat. He felt in the left cuff, for the tobacco, and it was there.
       *[other] His coat hung on its peg. He looked at it from the door, and hung his cap on the next one.
    }
home-bowls =
    { $ship_safe ->
        [true] There were five bowls on the counter. She had set them out before the bell.
       *[other] There were four bowls on the counter. Every ferry day since midwinter she had set out one too many.
    }
keep-cards =
    { $cards_at ->
        [ash] She never learned again what weather it was at midwinter; a card that comes to a searched house is read first by others.
        [guest] You found the two cards in your pocket on the ferry. You wrote out your own weather under them, and posted them back to her, with no name.
        [dorn] The inspector put the two cards into the file, and wrote across it: 'Weather'. Then she tied it with the good tape, the sort that is not undone.
       *[other] Behind nine stitches, in a coat that nobody wore, it snowed finely from four o'clock and cleared at seven.
    }
keep-ship =
    { $ship_safe ->
        [true] The ship went out with the morning tide. A man stood at her rail in the fog, and on paper he was not there.
       *[other] On paper he was dead, and the dead don't take the ferry. A foreign ship goes by in the last week of each year. It does not put in.
    }
report-who =
    { $went ->
        [true] They took him along the quay between the two lamps. At her door he asked the inspector whether he might lift and then push, for old times' sake.
       *[other] Somebody had seen her on the steps in a man's coat, the sleeves turned back twice. The last boat that night had no light on it.
    }
report-pilot =
    { $misled ->
        [true] They asked the pilot. He said the clerk had seen her go up the hill, and that clerks are sworn.
       *[other] { report-rocks }
    }
report-rocks =
    { $went ->
        [true] They asked the pilot who had brought the ship in. He said the fog had, mostly.
       *[other] They asked the pilot. He said he only knew where the rocks were.
    }
report-bowl =
    { $hour ->
        [true] On the table stood your bowl, with a plate over it, still hot. She had spent four minutes of her hour on it.
       *[other] On the table stood your bowl, with a plate over it, still hot.
    }
