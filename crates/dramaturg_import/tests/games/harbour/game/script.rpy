# A small game with all that the import knows: labels, menus, conditions, flags, calls, translations.
define a = Character(_("Ada"), color="#c8ffc8", image="ada")
define me = Character("Me")
define config.name = _("The Harbour")

default coins = 2
default met = False
default mood = "calm"
default seen_map = False

init python:
    def helper(x):
        return x + 1

image bg quay = "quay.png"

screen hud():
    text "Coins: [coins]"

label start:
    scene bg quay
    with fade
    "Gulls. A quay in the morning."
    show ada smile
    a "You have [coins] coins. {b}Spend them well.{/b}"

label quay:
    menu:
        a "Where to?"
        "Buy the map" if coins >= 2:
            $ coins -= 2
            $ seen_map = True
            a sad "There go your coins."
            jump quay
        "Ask about the sea":
            call sea
            jump quay
        "Sail out":
            jump sail

label sea:
    if met:
        a "We have talked of it."
    else:
        $ met = True
        me "What is out there?"
        a "Rocks, mostly."
    return

label sail:
    scene bg sea
    if seen_map and met:
        $ mood = "glad"
        "You know the rocks, and where they lie."
    elif seen_map:
        "You have a map, and it is a good one."
    else:
        $ mood = "lost"
        "You have nothing but the wind."
    if mood == "lost":
        jump lost
    "Land, by the evening."
    return

label lost:
    $ renpy.movie_cutscene("storm.webm")
    frobnicate the boat
    "Nobody has seen you since."
    return
