"""What people of a believable bank do for each other, and how they speak of it in the directory.

What is said of one pastime is said in different words by each: no two residents write alike.
"""

from typing import NamedTuple


class Pastime(NamedTuple):
    """Something people do for each other: its skill, what it is called on a slip, how long it takes
    (minutes).

    `offers` and `wishes` are what may stand in the directory about it, each a title and what else
    there is to say. They name no day and no street: those belong to whoever says it.
    """

    skill: str
    titles: tuple[str, ...]
    shortest: int
    longest: int
    offers: tuple[tuple[str, str], ...]
    wishes: tuple[tuple[str, str], ...]


PASTIMES = (
    Pastime(
        "Gardening",
        ("Hedge", "Weeding the front bed", "Mowing", "Planting bulbs", "Digging over the plot"),
        60,
        180,
        offers=(
            (
                "Weeding, planting and pruning",
                "Front gardens, pots and window boxes. I bring my own tools.",
            ),
            (
                "Lawns mowed and edges cut",
                "I have a light electric mower and take the cuttings away.",
            ),
            ("Hedges trimmed", "Up to about six feet, from the ground. I tidy up afterwards."),
            (
                "Help on an allotment",
                "Digging, watering, putting up canes. I had a plot for twenty years.",
            ),
            ("Roses and fruit trees pruned", "In the right season, and I can show you how."),
            (
                "Pots and baskets planted up",
                "Choose the plants with me at the market, or leave it to me.",
            ),
            (
                "Heavy digging",
                "New beds, tree stumps, compost to be moved. My back is still good.",
            ),
            (
                "Watering while you are away",
                "Greenhouse, tomatoes and house plants, as often as they need it.",
            ),
        ),
        wishes=(
            (
                "The front garden is getting away from me",
                "I used to do it all myself, but my knees say no.",
            ),
            (
                "My hedge has grown over the path",
                "The postman has to step into the road. It is privet.",
            ),
            ("Somebody to mow the back lawn", "It is small. The mower is here and works."),
            ("Bulbs to be planted", "I have bought two bags and cannot bend to put them in."),
        ),
    ),
    Pastime(
        "Lifts",
        ("Lift to the eye clinic", "Lift to the hospital", "Lift to the supermarket"),
        45,
        150,
        offers=(
            (
                "Lifts in my car",
                "Hospital, station, shops. I wait with you, and the wheelchair fits.",
            ),
            (
                "To the hospital and back",
                "I know the car parks, and I do not mind the waiting room.",
            ),
            ("Lifts to the shops", "I help with the bags and carry them up to your door."),
            (
                "Early trains and late buses",
                "I get up early anyway, and can take you to the station with your cases.",
            ),
            (
                "A drive to see family or friends",
                "Up to an hour away. The car has a low step and plenty of room.",
            ),
            ("Taking things to the tip", "I have an estate car and a roof rack."),
            (
                "Driving you to the doctor or dentist",
                "I come to the door, and stay until you are home again.",
            ),
            (
                "Lifts to choir, chapel or club",
                "I pass most places on my way. Three can come along.",
            ),
        ),
        wishes=(
            (
                "A lift to the hospital next month",
                "My appointment is at ten past nine and there is no bus that early.",
            ),
            ("To the eye clinic and back", "They put drops in, so I must not drive home."),
            (
                "A lift to my sister’s",
                "She lives forty minutes away and neither of us drives any more.",
            ),
            (
                "An old mattress to go to the tip",
                "It fits on a roof rack. I can help carry it down.",
            ),
        ),
    ),
    Pastime(
        "Shopping",
        ("Weekly shop", "Fetching a prescription", "Market run"),
        30,
        90,
        offers=(
            ("Shopping for you or with you", "I can take a list, or your arm."),
            ("Prescriptions fetched", "From any chemist in the town, the same day if I can."),
            ("A weekly shop", "Tell me the makes you like. I bring the receipt."),
            (
                "Fresh things from the market",
                "Fruit, vegetables, fish. I choose as if it were for me.",
            ),
            (
                "Shopping by bus together",
                "I know which buses have a ramp, and we stop for a cup of tea.",
            ),
            (
                "Heavy things carried home",
                "Potatoes, cat litter, compost. I have a trolley and strong arms.",
            ),
            (
                "Parcels posted and collected",
                "I am at the post office most days and can take yours.",
            ),
            ("Help with choosing clothes or shoes", "I am patient, and honest when asked."),
        ),
        wishes=(
            ("Somebody to carry the shopping", "I can walk there, but not back with bags."),
            (
                "My prescription fetched once a month",
                "The chemist’s is up the hill, and I no longer manage it.",
            ),
            ("Company to buy winter shoes", "I am not steady yet after my operation."),
            (
                "The weekly shop while my foot is in plaster",
                "Five or six weeks, they say. I write the list.",
            ),
        ),
    ),
    Pastime(
        "Befriending",
        ("A cup of tea and a chat", "Visiting", "A walk by the canal"),
        60,
        120,
        offers=(
            ("A cup of tea and a chat", "I am a good listener, and I bring the biscuits."),
            ("Visiting at home or in hospital", "An hour of company, with news from outside."),
            (
                "A slow walk by the canal",
                "As far as you like, with a rest on every bench.",
            ),
            (
                "Cards, dominoes or draughts",
                "I play most games, and do not mind who wins.",
            ),
            (
                "Somebody to telephone you",
                "A call at a time we agree, to hear how you are.",
            ),
            (
                "Company for going out",
                "Library, park, a matinée. I come along so that you need not go alone.",
            ),
            (
                "Sitting with somebody while you go out",
                "I looked after my mother for years and know what it takes.",
            ),
            (
                "Talking about old times",
                "I grew up round here and like to hear how it was before.",
            ),
        ),
        wishes=(
            ("Company once a week", "Since my sister moved away the days are long."),
            ("Somebody to walk with", "The doctor says half an hour a day, and I am slow."),
            ("A partner for cribbage", "I used to play every week. I still have the board."),
            (
                "An hour for myself now and then",
                "My husband should not be left alone. He likes to talk about trains.",
            ),
        ),
    ),
    Pastime(
        "Reading aloud",
        ("Reading letters aloud", "Reading the paper"),
        45,
        90,
        offers=(
            ("Reading aloud", "Letters, the paper, or a good novel."),
            (
                "Letters and bills read to you",
                "In confidence. I can write the answers down as well.",
            ),
            ("The newspaper over coffee", "The whole of it or only the football, as you like."),
            ("Stories read to children", "Picture books to Treasure Island, with all the voices."),
            (
                "Poems and short stories",
                "I have shelves of them, or you choose from your own.",
            ),
            (
                "A book a chapter at a time",
                "We pick one together and go on with it each time I come.",
            ),
            ("Reading in Urdu or English", "Newspapers, letters, the Qur’an or the Bible."),
            (
                "Small print made plain",
                "Leaflets, packets, instructions: I read them out and go through them with you.",
            ),
        ),
        wishes=(
            (
                "I can’t read my post any more",
                "My eyes are poor; somebody to go through the letters with me.",
            ),
            ("Somebody to read the paper to my father", "He is 91 and follows everything."),
            (
                "A reader for a long novel",
                "I got half way before my sight went, and would like to know how it ends.",
            ),
            ("Recipes read out while I cook", "I can do the rest by touch."),
        ),
    ),
    Pastime(
        "Small repairs",
        ("Put up a shelf", "Mending the garden gate", "Dripping tap", "Changing a bulb"),
        30,
        150,
        offers=(
            (
                "Odd jobs about the house",
                "Shelves, hinges, locks, washers. Ask, and I’ll say if it is beyond me.",
            ),
            ("Shelves and pictures put up", "I have a drill and the right plugs for old walls."),
            ("Flat-pack furniture built", "Wardrobes, beds, desks. I read the instructions."),
            ("Doors that stick, gates that sag", "Planing, new hinges, new latches."),
            (
                "Bulbs, batteries and smoke alarms",
                "The things that need a ladder. I bring one and hold my own.",
            ),
            (
                "Lamps and toasters looked at",
                "I was an electrician. Plugs, leads and fuses, but no house wiring.",
            ),
            (
                "Chairs and tables glued",
                "Loose joints, split seats, wobbly legs. I take it to my shed and bring it back.",
            ),
            (
                "Draughts stopped",
                "Brushes, strips and sealant for doors and windows, before the winter.",
            ),
        ),
        wishes=(
            ("My kitchen tap is dripping", "And the cupboard door hangs by one hinge."),
            ("A grab rail to be put up", "By the back step. I have the rail and the screws."),
            ("The garden gate drags on the ground", "I have to lift it each time I go out."),
            ("A bookcase to be put together", "It came in a flat box with forty screws."),
        ),
    ),
    Pastime(
        "Plumbing",
        ("Dripping tap", "Blocked sink", "New washer for the bath tap"),
        30,
        120,
        offers=(
            (
                "Small plumbing jobs",
                "Washers, drips, slow drains, outside taps. I bring my tools. Nothing with gas.",
            ),
            ("Dripping taps mended", "New washers or a new cartridge; you pay for the part."),
            ("Sinks and drains cleared", "With a plunger and a drain snake, without chemicals."),
            ("Toilet cisterns put right", "Running on, filling slowly, not flushing."),
            (
                "Washing machines plumbed in",
                "Dishwashers too, where there is a tap and a waste for them.",
            ),
            (
                "Pipes lagged and outside taps drained",
                "So that nothing bursts in a frost. I bring the lagging.",
            ),
            (
                "Shower heads and hoses changed",
                "And the limescale taken off what is there.",
            ),
            (
                "Finding your stopcock",
                "I show you where it is and free it if it is stuck, before you need it.",
            ),
        ),
        wishes=(
            (
                "The bath runs away so slowly",
                "I have tried the plunger. Perhaps somebody knows what to do.",
            ),
            ("The toilet never stops running", "I can hear it all night."),
            ("An outside tap drips on the step", "It will be ice as soon as it freezes."),
            ("A washing machine to be connected", "My nephew carried it in but dared not do more."),
        ),
    ),
    Pastime(
        "Sewing and mending",
        ("Curtains taken up", "Coat button and lining", "School trousers"),
        45,
        120,
        offers=(
            ("Trousers taken up, zips put in", "Curtains too. I have two machines."),
            ("Curtains and cushions made", "You bring the cloth; I can help you measure."),
            ("Buttons, hems and linings", "Good coats deserve mending."),
            ("Knitting mended, holes darned", "I match the wool as well as can be."),
            ("Children’s clothes let out", "Hems down, knees patched, name tapes sewn in."),
            ("Learning to use a sewing machine", "Yours or mine. We begin with a bag."),
            (
                "Shalwar kameez and saris altered",
                "Blouses too. I was a seamstress before I came here.",
            ),
            (
                "Costumes for plays and carnivals",
                "From old sheets if need be. I like a challenge.",
            ),
        ),
        wishes=(
            ("Curtains to be taken up", "They were made for a taller window."),
            ("A zip for my winter coat", "It is a good coat otherwise."),
            ("School trousers for two boys", "They grow faster than I can sew."),
            ("Somebody to teach me to knit", "I have needles and wool and no idea."),
        ),
    ),
    Pastime(
        "Cooking",
        ("Batch of soup", "Sunday dinner", "Birthday cake"),
        60,
        150,
        offers=(
            ("Home cooking for the freezer", "Soups, stews, curries. Tell me what you cannot eat."),
            (
                "Cooking together in your kitchen",
                "We make enough for several days and wash up after.",
            ),
            (
                "Dal, rice and chapatis",
                "The way my mother made them. I can show you or bring you some.",
            ),
            (
                "A proper roast for one or two",
                "I cook it at yours, so that the house smells of it.",
            ),
            (
                "Jam and chutney from your fruit",
                "I bring the pan and the jars, and we share what comes of it.",
            ),
            (
                "Meals that are easy to swallow",
                "Soft or puréed and still good. I did this for my father.",
            ),
            (
                "Learning to cook on little money",
                "Ten dinners that cost next to nothing, one at a time.",
            ),
            (
                "Polish pierogi and beetroot soup",
                "A whole batch. It is more fun with two pairs of hands.",
            ),
        ),
        wishes=(
            ("I’d like to learn to cook for one", "Since my husband died I live on toast."),
            (
                "Some meals for when the baby comes",
                "Due in the spring. We eat everything but fish.",
            ),
            ("Somebody to make soup with", "My hands can’t manage the chopping."),
            (
                "Ideas for cooking with diabetes",
                "I was told last month, and the leaflets are all alike.",
            ),
        ),
    ),
    Pastime(
        "Baking",
        ("Bread-making lesson", "Sourdough from the start"),
        90,
        150,
        offers=(
            (
                "Bread-making, from the start",
                "Sourdough, rolls, scones. We do it in your kitchen or mine.",
            ),
            ("Birthday cakes", "Sponge, chocolate or fruit, with a name on it."),
            (
                "Scones and teacakes for your do",
                "For a meeting or a wake, two or three dozen. You buy the flour.",
            ),
            ("Pastry without fear", "Shortcrust and puff. The trick is cold hands."),
            (
                "Gluten-free baking",
                "I have had to for years, and know what works and what crumbles.",
            ),
            ("Baking with children", "Biscuits and gingerbread. I clear up the flour."),
            (
                "A sourdough starter, and how to keep it",
                "Mine is eleven years old and shares well.",
            ),
            ("Christmas cakes and puddings", "Made in good time and fed with care."),
        ),
        wishes=(
            ("A cake for my granddaughter’s birthday", "She will be seven and likes horses."),
            ("To learn to bake bread", "My loaves come out heavy."),
            ("Four dozen scones for the church fair", "I can do two. The oven is small."),
            ("A cake without eggs", "For a boy with an allergy who has never had one."),
        ),
    ),
    Pastime(
        "Computers",
        ("Setting up a tablet", "Video call with Canada", "Printer"),
        45,
        120,
        offers=(
            ("Patient help with computers", "Tablets, video calls, photographs, passwords."),
            ("Setting up a new phone", "Contacts carried over, letters made larger."),
            (
                "Video calls with family far away",
                "I set it up at both ends and stay until it works.",
            ),
            ("Printers and wireless that will not", "I try everything before I give up."),
            (
                "Photographs sorted and saved",
                "From the phone to a safe place, and prints ordered if you like.",
            ),
            ("First steps with e-mail", "At your own pace, and written down on paper."),
            (
                "Staying safe from tricksters",
                "What to click, what to delete, whom to ring. We look at yours together.",
            ),
            (
                "An old laptop made to go again",
                "Cleaned up and with free programs. It may serve some years yet.",
            ),
        ),
        wishes=(
            (
                "I can’t get on to the internet",
                "My grandson set it up and now it asks for something.",
            ),
            (
                "To see my daughter on the screen",
                "She is in Canada and says it costs nothing.",
            ),
            ("A new phone I don’t understand", "The old one had buttons."),
            ("The surgery’s app", "They say I should order my tablets with it."),
        ),
    ),
    Pastime(
        "Forms",
        ("Letter to the council", "Attendance allowance form", "Bus pass"),
        45,
        120,
        offers=(
            (
                "Filling in forms together",
                "Attendance allowance, blue badge, council tax. I worked for the council.",
            ),
            ("Letters written and answered", "To landlords, councils, the gas people."),
            (
                "Blue badges and bus passes",
                "I know what they ask for, and can take the photograph.",
            ),
            (
                "Pension and benefit claims",
                "In confidence. I sat at the other side of the desk for thirty years.",
            ),
            (
                "A second pair of eyes on a contract",
                "Broadband, tenancy, insurance: I read it and tell you what it says.",
            ),
            (
                "Applications for school places",
                "Which form, by when, and what to write in the box.",
            ),
            (
                "Papers put in order",
                "A drawer of envelopes becomes one folder. Nothing is thrown away unasked.",
            ),
            ("A CV and a letter to go with it", "For a first job or a new start."),
        ),
        wishes=(
            (
                "A form from the council I don’t follow",
                "It is twelve pages and they want it by the end of the month.",
            ),
            ("Renewing my blue badge", "It has to be done on the computer now."),
            (
                "A letter to my landlord about the damp",
                "I have rung four times. It should be in writing.",
            ),
            ("Help with my pension papers", "There are two, and they do not agree."),
        ),
    ),
    Pastime(
        "English conversation",
        ("English conversation", "Practice for the citizenship test"),
        60,
        90,
        offers=(
            (
                "English conversation",
                "Practice for interviews and the citizenship test, over tea.",
            ),
            ("Talking English on a walk", "About what we see. That is how one remembers it."),
            (
                "Help for the citizenship test",
                "We go through the questions; I learn something too.",
            ),
            (
                "Reading and writing from the beginning",
                "For grown-ups. I taught in a primary school.",
            ),
            ("Practice for a job interview", "I ask what they will ask, and we try again."),
            (
                "Speaking on the telephone",
                "The hardest part, so we practise it: the doctor’s, the bank, the school.",
            ),
            (
                "English for new parents",
                "Words for clinics, schools and playgrounds. Bring the children.",
            ),
            (
                "Conversation for those who know some already",
                "News, books, the weather. I put right only what you ask me to.",
            ),
        ),
        wishes=(
            ("I want to practise speaking English", "I understand well but I am shy to speak."),
            ("To pass the citizenship test", "I have the book. I need somebody to ask me."),
            (
                "English for talking to my son’s school",
                "The letters are difficult and the meetings more so.",
            ),
            ("To learn to read English", "I speak it every day but never learned the letters."),
        ),
    ),
    Pastime(
        "Looking after pets",
        ("Walking the dog", "Feeding the cat"),
        30,
        60,
        offers=(
            ("Cats fed, hens let out", "While you are away or in hospital."),
            ("Dogs walked", "All sizes, in all weathers. I had to give up keeping my own."),
            ("Rabbits and guinea pigs looked after", "At yours or mine; I have a spare hutch."),
            ("To the vet and back", "I have a carrier and a steady hand."),
            ("A home for your dog while you are away", "One at a time. There is a garden."),
            ("Fish and budgies", "Fed, tanks topped up, cages cleaned, as often as needed."),
            (
                "Help with a new puppy",
                "Walking on a lead, sitting, coming when called. I have trained five.",
            ),
            ("Brushing and claws", "For cats and dogs that put up with it."),
        ),
        wishes=(
            (
                "Somebody to feed the cat while I am in hospital",
                "It will be ten days, I hope no more. She is old and easy.",
            ),
            ("My dog needs longer walks than I can give", "He is a spaniel and pulls a little."),
            ("A lift to the vet with a large cat", "He is frightened of the bus."),
            ("Hens to be let out and shut in", "For a week, when I visit my brother."),
        ),
    ),
    Pastime(
        "Babysitting",
        ("Fetched from school", "An afternoon with the twins"),
        60,
        180,
        offers=(
            ("Evenings with your children", "I have raised three, and can still tell a story."),
            ("Fetched from school", "And tea at ours until you are home."),
            ("An afternoon at the playground", "So that you can sleep, or see to something."),
            ("Help with homework", "Sums and spelling up to the age of eleven."),
            (
                "An hour with the new baby",
                "So that you can rest or have a bath. I was a midwife.",
            ),
            (
                "A grandmother to borrow",
                "Mine are in New Zealand, and I miss the noise.",
            ),
            ("Walking children to school", "I go that way with my own and can take two more."),
            (
                "Children with special needs",
                "I worked in a special school, and am not easily surprised.",
            ),
        ),
        wishes=(
            ("One evening out without the twins", "They sleep from eight, most days."),
            (
                "Somebody to fetch my daughter from school",
                "My shift ends half an hour too late, twice a week.",
            ),
            ("An hour’s rest with a new baby", "She sleeps little, and I am on my own with her."),
            ("Help with fractions", "My son is ten and I have forgotten how."),
        ),
    ),
    Pastime(
        "Music lessons",
        ("Piano lesson", "Tuning the guitar"),
        45,
        60,
        offers=(
            ("Piano and guitar for beginners", "Any age. You need not have an instrument."),
            ("Singing for people who say they can’t", "Everybody can. We start with humming."),
            ("The ukulele in six lessons", "I have three to lend."),
            ("Recorder and tin whistle", "For children and patient parents."),
            ("Playing the piano for a sing-song", "Old songs, hymns, anything with a chorus."),
            ("Learning to read music", "On paper first. It is easier than it looks."),
            ("Tabla and harmonium", "The first rhythms and songs. Instruments are here."),
            ("Guitars tuned and new strings put on", "You bring the strings, I show you how."),
        ),
        wishes=(
            (
                "I have an old guitar and would like to play it",
                "It was my father’s. A few chords would do.",
            ),
            ("Somebody to play duets with", "I play the piano, not well, but gladly."),
            ("Singing lessons for a shy beginner", "I only sing when nobody is in."),
            ("A piano to be played now and then", "It stands here silent since my wife died."),
        ),
    ),
    Pastime(
        "Decorating",
        ("Papering the box room", "Painting the fence"),
        120,
        240,
        offers=(
            ("Painting and papering", "One room at a time, dust sheets included."),
            ("Fences and sheds painted", "On a dry day. You choose the colour."),
            ("Wallpaper hung straight", "Also in old houses with crooked walls."),
            ("Ceilings painted", "I have the ladder and the long roller."),
            ("Old paint stripped from doors", "Slowly, with a heat gun and a scraper."),
            ("Tiles fixed and grouted", "Kitchens and bathrooms; small areas only."),
            (
                "Choosing colours",
                "I was a sign-writer. I bring cards, and we look at them in your light.",
            ),
            ("Window frames rubbed down and painted", "Ground floor, or from the inside."),
        ),
        wishes=(
            ("The box room needs a coat of paint", "I can do the low parts."),
            ("A bedroom to be made ready for a baby", "Yellow, we think. We have the paint."),
            ("The fence wants painting", "About thirty feet of it, one side."),
            ("A patch of wallpaper has come down", "There is a spare roll in the loft."),
        ),
    ),
    Pastime(
        "Cleaning",
        ("Windows", "Spring clean", "Clearing the gutter"),
        60,
        150,
        offers=(
            ("A good clean", "Windows, ovens, cupboards. We can do it together."),
            ("Windows cleaned", "Inside, and outside where I can reach from the ground."),
            ("Ovens and fridges", "The jobs one puts off. I bring what is needed."),
            (
                "Clearing out a cupboard or a shed",
                "At your pace. I take what you don’t want to the charity shop.",
            ),
            ("Gutters cleared", "Single-storey roofs and porches only."),
            ("Ironing", "A basketful while we talk. Shirts are no trouble."),
            ("Carpets washed", "I have a machine. They dry by the evening."),
            (
                "Getting a house ready after hospital",
                "Bed made, milk in the fridge, nothing to trip over.",
            ),
        ),
        wishes=(
            ("Windows I cannot reach", "Upstairs, three of them."),
            ("The gutter over the porch is blocked", "It runs down the door when it rains."),
            (
                "Help to clear my late husband’s shed",
                "I can’t do it alone, and not only because of the weight.",
            ),
            ("Somebody to do the ironing", "My shoulder does not go round any more."),
        ),
    ),
    Pastime(
        "Hairdressing",
        ("Haircut at home",),
        30,
        45,
        offers=(
            ("Haircuts at home", "Wash, trim and set. I was a hairdresser for forty years."),
            ("Children’s hair cut", "At home, where they sit still more easily."),
            ("Beards and short hair", "Clippers or scissors, as you are used to."),
            ("Braids and African hair", "Washed, oiled and plaited. Bring an hour or two."),
            ("Rollers and a set", "The way you have always had it."),
            ("Hair washed for people in bed", "I have a basin made for it."),
            ("Fringes and tidying up", "Between proper haircuts."),
            ("Hair put up for an occasion", "Weddings, parties, a photograph."),
        ),
        wishes=(
            ("A haircut at home", "I can’t manage the stairs at the salon."),
            ("Somebody to cut my son’s hair", "He is four and afraid of the barber’s."),
            ("My hair washed and set", "With my arm in a sling I cannot."),
            ("A trim for my mother in bed", "She was always particular about her hair."),
        ),
    ),
    Pastime(
        "Bicycle repair",
        ("Puncture and brakes", "New chain"),
        30,
        90,
        offers=(
            ("Bicycles mended", "Punctures, brakes, gears. Bring it round."),
            ("Punctures mended while you wait", "Two minutes to find it, ten to mend it."),
            ("Learning to mend your own bicycle", "You do it, I hold the spanner."),
            ("Old bicycles brought back to life", "If the frame is straight there is hope."),
            ("Children’s bicycles set up", "Saddle, stabilisers, brakes that small hands reach."),
            ("Learning to ride, at any age", "On the towpath, where it is flat and quiet."),
            ("Wheelchairs and prams looked over", "Tyres, brakes, bearings, squeaks."),
            ("A check before the winter", "Lights, chain and tyres, with a written list."),
        ),
        wishes=(
            ("My bicycle has stood for years", "I would ride again if somebody looked it over."),
            ("A puncture I cannot find", "It is flat again by the morning."),
            ("Brakes on a child’s bicycle", "They squeal and do not stop her."),
            ("To learn to ride a bicycle", "I am 52 and never have."),
        ),
    ),
    Pastime(
        "Bookkeeping",
        ("Household accounts", "Allotment society books"),
        60,
        120,
        offers=(
            ("Accounts for small clubs", "Spreadsheets or a cash book, as you like."),
            ("Household money put on one page", "What comes in, what goes out, what is left."),
            ("Books looked over before the meeting", "I sign what I have seen and nothing else."),
            (
                "Help with a first tax return",
                "For those who have just begun to work for themselves.",
            ),
            ("Showing a new treasurer the ropes", "Receipts, bank, report: three evenings."),
            (
                "Applying for small grants",
                "I have done it for the bowls club, and know the questions.",
            ),
            ("Spreadsheets explained", "Sums, sorting, a chart. On your own computer."),
            ("A cash box that comes out right", "For fairs and fêtes. I count it twice."),
        ),
        wishes=(
            ("Our allotment society needs its books done", "The treasurer has moved away."),
            ("Somebody to check our club’s accounts", "Forty members, one shoe box."),
            ("My money never lasts the month", "I would like to see where it goes."),
            ("A grant form for the youth club", "They ask for a budget over three years."),
        ),
    ),
)
