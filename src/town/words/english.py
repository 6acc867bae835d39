# ruff: noqa: E501
"""Ordinary life in English, for the few in town who write it."""

from __future__ import annotations

KINDS = {
    "en_meal": 5, "en_sky": 3, "en_child": 3, "en_work": 4, "en_walk": 3, "en_read": 3, "en_pet": 3,
    "en_mood": 2, "en_ask": 2,
}  # fmt: skip
NEAR = {"en_sofa": 2, "en_tip": 3, "en_gripe": 2, "en_cake": 1}

RULES = {
    "en_end": ".|.|!|...| :)| haha.|",
    "en_day": "this morning|last night|today|on Saturday|after work|before breakfast",
    "en_kin": "my mother|Dad|my sister|Grandma|my other half|Uncle Joe|my cousin",
    "en_kid": "our youngest|my son|my daughter|the twins|my nephew",
    "en_fine": "no complaints|I'll take it|time well spent|still smiling|that will do nicely",
    "en_sad": "I give up|not my finest hour|send tea|never again, until next week|typical",
    "en_dish": "lentil soup|a roast chicken|dumplings from scratch|fried rice|plum crumble|"
    "tomato salad|flatbread|a pot of chili",
    "en_spot": "the canal|the old bridge|the market square|the library steps|the hill road",
    "en_meal": "Made {en_dish} {en_day}, {en_fine}{en_end}|{en_kin} brought {en_dish} over, {en_fine}"
    "{en_end}|Burnt {en_dish} again, {en_sad}{en_end}|Nothing in the house but eggs, so eggs{en_end}|"
    "{en_dish} for one, a candle, the radio, {en_fine}{en_end}",
    "en_sky": "Rain all day by {en_spot}, {en_sad}{en_end}|First frost on the car {en_day}{en_end}|"
    "Sun on {en_spot} for ten whole minutes, {en_fine}{en_end}|Fog so thick I said hello to a post box"
    "{en_end}",
    "en_child": "{en_kid} asked why the moon follows our bus{en_end}|{en_kid} lost a tooth {en_day}, "
    "{en_fine}{en_end}|{en_kid} drew {en_kin} as a giraffe{en_end}|Homework with {en_kid}, {en_sad}{en_end}",
    "en_work": "The printer won {en_day}, {en_sad}{en_end}|Meeting about the meeting, {en_sad}{en_end}|"
    "Handed in the big report, {en_fine}{en_end}|Last week with the old team, cake at {en_spot}{en_end}|"
    "Night shift number {n}, {en_sad}{en_end}",
    "en_walk": "Walked {n} km along {en_spot}, {en_fine}{en_end}|Slow run, fast rain, {en_sad}{en_end}|"
    "Saw a kingfisher at {en_spot} {en_day}{en_end}",
    "en_book": "The Ferry Clerk|A Winter of Maps|Nine Quiet Rooms|Salt Road|The Clockmaker's Aunt",
    "en_read": "Finished {en_book}. {en_verdict}{en_end}|{en_kin} lent me {en_book}, {en_fine}{en_end}|"
    "{en_book} again, because {en_why}{en_end}",
    "en_verdict": "The last page broke me|Slow, then all at once|I wanted more of the dog|Read it",
    "en_why": "it rains|I miss those people|I was too young the first time",
    "en_beast": "the cat|our old dog|the parrot|next door's kitten",
    "en_pet": "{en_beast} stole a whole fish {en_day}{en_end}|{en_beast} sat on the keyboard, {en_sad}"
    "{en_end}|{en_beast} turned {n} months, {en_fine}{en_end}",
    "en_mood": "Quiet evening, {en_fine}{en_end}|Found an old letter {en_day}{en_end}|Early to bed{en_end}",
    "en_ask": "Does anyone know how to fix a dripping tap?|Which month is best for {en_spot}?|"
    "Looking for a book like {en_book}, any ideas?|Has anyone found a set of keys near {en_spot}?",
    "en_sofa": "Moving out, the old sofa is yours for 40 dollars, come with a van{en_end}|"
    "Giving away a bookcase, you carry it{en_end}|Kid's bike, outgrown, 25 dollars, near {en_spot}{en_end}",
    "en_tip": "Same hand cream for years, still works for me{en_end}|These boots cost 60 dollars and "
    "outlived two cars{en_end}|Bought the cheap kettle, {en_fine}{en_end}",
    "en_gripe": "Third friend this month selling me vitamins, {en_sad}{en_end}|Refund took {n} days, "
    "{en_sad}{en_end}",
    "en_cake": "Baked lemon cake for the school fair, {en_fine}{en_end}",
    "en_answer": "Ha!|Lovely|Same here|Take care|Where is this?|So true|Hugs|Call me soon|Well done|"
    "Looks delicious|Miss you|Say hi to {en_kin}|Next time take me along",
    "en_reply": "Thanks!|Will do|Ha, yes|Soon, I promise|By {en_spot}",
}  # fmt: skip
"""Rules for people who write English."""
