table-holds =
    { $has-ledger ->
        [0] half a counterfoil and a cold bowl
       *[other] half a counterfoil, a cold bowl and a ledger with coal dust in its seams
    }
goods =
    { $has-quilt ->
        [0] nothing
        [one] one quilt, blue, patched at the hem
       *[other] { $has-quilt } quilts
    }
