"""The tree of skills that a new bank begins with, in residents' words. A bank changes it as it likes."""

from typing import NamedTuple


class NewSkill(NamedTuple):
    """A skill, everyday words for it, and what a helper has to hold for it."""

    name: str
    synonyms: str
    needs_check: str | None = None


TREE: tuple[tuple[str, tuple[NewSkill, ...]], ...] = (
    (
        "Around the house",
        (
            NewSkill("Plumbing", "plumber, tap, taps, drip, dripping, leak, leaking, washer, blocked sink, sink, drain, toilet, cistern, flush, radiator, pipe, stopcock, shower, bath"),
            NewSkill("Small repairs", "odd jobs, handyman, handywoman, mending, fixing, repair, shelf, shelves, put up, picture, hook, lock, hinge, squeaky door, handle, screws, drill, DIY"),
            NewSkill("Electrical jobs", "electrician, electrics, plug, socket, fuse, light fitting, bulb, light bulb, lamp, wiring, switch, doorbell, smoke alarm, battery"),
            NewSkill("Decorating", "painting, painter, paint, wallpaper, papering, emulsion, gloss, filler, redecorate, walls, ceiling, skirting"),
            NewSkill("Carpentry", "woodwork, joiner, carpenter, wood, door, drawer, sticking, plane, saw, bench, floorboard, cupboard"),
            NewSkill("Furniture assembly", "flat pack, flat-pack, wardrobe, bookcase, bed frame, instructions, put together, assemble"),
            NewSkill("Tiling and brickwork", "tiles, tiler, grout, bricks, bricklayer, wall, pointing, cement, plaster, plastering, patio, paving, step"),
            NewSkill("Appliance repair", "toaster, kettle, radio, iron, vacuum, hoover, washing machine, small electricals, repair café"),
            NewSkill("Upholstery", "chair seat, sofa, cushion, springs, re-cover, furniture repair, caning"),
            NewSkill("Sharpening", "knives, scissors, shears, blades, tools, blunt"),
        ),
    ),
    (
        "Cleaning and clearing",
        (
            NewSkill("Cleaning", "cleaner, housework, hoovering, dusting, spring clean, oven, fridge, bathroom, kitchen, mop, tidy"),
            NewSkill("Window cleaning", "windows, panes, glass, conservatory"),
            NewSkill("Laundry and ironing", "washing, ironing, shirts, sheets, pressing, laundry, clothes"),
            NewSkill("Gutters", "gutter, guttering, leaves, downpipe, ladder, roof, moss"),
            NewSkill("Clearing out", "declutter, decluttering, loft, attic, garage, shed, sorting, tip, dump, rubbish, junk, house clearance, paperwork sorting"),
            NewSkill("Moving house", "removals, van, lifting, carrying, boxes, packing, sofa, heavy, shifting furniture, move"),
        ),
    ),
    (
        "Garden and outdoors",
        (
            NewSkill("Gardening", "garden, gardener, weeding, weeds, planting, bulbs, borders, pots, hanging baskets, roses, pruning, digging, flower bed, raking leaves"),
            NewSkill("Mowing", "lawn, grass, mower, mowing, strimming, strimmer, edges"),
            NewSkill("Hedges and trees", "hedge, hedges, privet, branches, tree, trees, trimming, chainsaw, overhanging"),
            NewSkill("Allotment and vegetables", "allotment, vegetables, veg, compost, sowing, seeds, tomatoes, potatoes, greenhouse, polytunnel"),
            NewSkill("Fences and sheds", "fence, fencing, panel, post, gate, shed, trellis, decking"),
            NewSkill("Looking after plants", "watering, plants, houseplants, holiday watering"),
            NewSkill("Beekeeping and wildlife", "bees, hive, honey, birds, bird box, pond, hedgehog, bat box"),
        ),
    ),
    (
        "Lifts and errands",
        (
            NewSkill("Lifts", "lift, driver, driving, car, transport, drive, taken to, appointment, hospital, clinic, doctor, station, airport, church", "driving"),
            NewSkill("Shopping", "shop, groceries, supermarket, market, food shop, weekly shop, list, messages"),
            NewSkill("Collecting and posting", "errand, errands, prescription, chemist, pharmacy, parcel, post office, library books, medicine, tablets, delivery"),
            NewSkill("Going along", "escort, accompany, appointment, come with, wheelchair, pushing, bus, train, hold my arm, travel companion"),
        ),
    ),
    (
        "Company and care",
        (
            NewSkill("Befriending", "company, visiting, visit, visitor, lonely, loneliness, isolated, chat, natter, tea, friend, talk to, companionship, sitting with"),
            NewSkill("Telephone calls", "phone call, ring, telephone friend, chat on the phone, check in, good morning call"),
            NewSkill("Walking together", "walk, walking, stroll, fresh air, park, rambling, walking group, hill walking"),
            NewSkill("Reading aloud", "read, reading, letters, newspaper, books, eyesight, blind, partially sighted, poor sight, glasses"),
            NewSkill("Sitting with somebody", "sitter, sitting service, respite, carer, carers, dementia, look after my husband, look after my wife, mum, dad, break", "care"),
            NewSkill("Help at meals and getting up", "personal care, dressing, feeding, getting up, bath, carer", "care"),
            NewSkill("Hospital visiting", "hospital, ward, visit, visiting, in hospital, hospice"),
            NewSkill("Meals out and days out", "outing, trip, day out, lunch, café, theatre, cinema, museum, seaside"),
        ),
    ),
    (
        "Children and families",
        (
            NewSkill("Babysitting", "babysitter, sitter, evening out, baby, toddler, minding children, child-minding, childminding", "children"),
            NewSkill("School runs", "school, nursery, pick up, fetch from school, take to school, walk to school", "children"),
            NewSkill("Playing and crafts with children", "play, toys, crafts, after school, holidays, football, den", "children"),
            NewSkill("Homework and tutoring", "tutor, homework, maths, mathematics, fractions, science, GCSE, reading practice, spelling, exam, revision", "children"),
            NewSkill("New parents", "new baby, newborn, mother, breastfeeding, sleep, pram, twins"),
        ),
    ),
    (
        "Food",
        (
            NewSkill("Cooking", "cook, meals, soup, stew, dinner, dish, recipes, freezer, batch, curry, vegetarian, Sunday roast"),
            NewSkill("Baking", "bread, loaf, sourdough, dough, scones, pastry, biscuits, cake, buns, pie"),
            NewSkill("Celebration cakes", "birthday cake, wedding cake, icing, christening, party cake"),
            NewSkill("Jam and preserves", "jam, chutney, pickles, marmalade, preserving, plums, fruit, bottling, foraging"),
            NewSkill("Catering for groups", "buffet, sandwiches, tea for many, party food, lunch club, washing up, serving"),
        ),
    ),
    (
        "Letters, forms and money",
        (
            NewSkill("Forms", "form, form filling, fill in, benefits, attendance allowance, PIP, blue badge, bus pass, council tax, housing, universal credit, pension, application, paperwork"),
            NewSkill("Letters", "letter, writing, council, complaint, typing, reply, official, correspondence, cards, handwriting, envelopes"),
            NewSkill("Budgeting", "budget, money, bills, saving, household accounts, end of the month, direct debit, energy, tariffs"),
            NewSkill("Bookkeeping", "accounts, treasurer, spreadsheet, ledger, books, year end, accountancy, audit"),
            NewSkill("Jobs and CVs", "CV, job, work, interview, application, career, unemployed, covering letter"),
            NewSkill("Speaking up", "advocacy, advocate, rights, meeting, hearing, landlord, housing, tenants, tribunal, speech, public speaking"),
        ),
    ),
    (
        "Computers and telephones",
        (
            NewSkill("Computers", "computer, laptop, PC, internet, email, e-mail, online, web, browsing, typing, files, slow, virus, password, windows, keyboard"),
            NewSkill("Tablets and phones", "tablet, iPad, phone, mobile, smartphone, WhatsApp, texting, apps, video call, Zoom, Skype, FaceTime, photos, make the letters bigger, screen"),
            NewSkill("Printers and wi-fi", "printer, printing, wifi, wi-fi, router, broadband, scanner, ink, connection"),
            NewSkill("Televisions and radios", "TV, television, remote, channels, tuning, aerial, freeview, recording, radio, hi-fi"),
            NewSkill("Websites and social media", "website, web page, Facebook, blog, newsletter, page on the web"),
        ),
    ),
    (
        "Sewing and making",
        (
            NewSkill("Sewing and mending", "sew, alterations, hem, trousers, taken up, curtains, zip, button, seamstress, dressmaking, patch, lining, sewing machine"),
            NewSkill("Knitting and crochet", "knit, wool, crochet, yarn, cast on, jumper, needles, socks"),
            NewSkill("Crafts", "craft, pottery, card making, jewellery, felting, weaving, model making, patchwork, quilting, embroidery"),
            NewSkill("Painting and drawing", "art, watercolour, watercolours, drawing, sketching, oils, portrait, picture"),
            NewSkill("Photography", "photo, photos, photographs, camera, pictures, film, video, event pictures, digitising, slides"),
            NewSkill("Posters and design", "poster, leaflet, flyer, logo, design, layout, printing"),
        ),
    ),
    (
        "Learning and languages",
        (
            NewSkill("English conversation", "English, ESOL, speaking practice, citizenship test, newcomer, accent, grammar, interview practice"),
            NewSkill("Languages", "French, Spanish, German, Italian, Polish, Urdu, Punjabi, Hindi, Arabic, language lessons, conversation"),
            NewSkill("Interpreting", "interpreter, translate, translation, translator, at the doctor's, in my language"),
            NewSkill("Sign language", "BSL, British Sign Language, deaf, signing, Makaton, hard of hearing"),
            NewSkill("Music lessons", "music, piano, keyboard, guitar, violin, drums, ukulele, recorder, notes, scales, tuning"),
            NewSkill("Singing", "sing, choir, songs, hymns, voice, karaoke"),
            NewSkill("Writing and poetry", "creative writing, poems, story, memoir, life story, book club, poetry"),
            NewSkill("Family history", "genealogy, ancestors, family tree, census, records, great-grandfather, local history"),
            NewSkill("Driving theory and cycling", "cycling, learn to ride, highway code, theory test, road safety"),
        ),
    ),
    (
        "Health and well-being",
        (
            NewSkill("Gentle exercise", "exercise, chair exercises, keep fit, stretching, falls, balance, movement, dance, dancing, swimming"),
            NewSkill("Yoga and tai chi", "yoga, tai chi, pilates, breathing, qigong"),
            NewSkill("Relaxation", "meditation, mindfulness, calm, stress, sleep, anxiety, relax"),
            NewSkill("Hairdressing", "hair, haircut, hairdresser, cut, trim, set, barber, perm, blow dry"),
            NewSkill("Nails and massage", "manicure, nails, massage, hands, feet, pedicure, make-up, beauty"),
            NewSkill("First aid", "first aid, resuscitation, CPR, emergency, plasters"),
        ),
    ),
    (
        "Animals",
        (
            NewSkill("Dog walking", "dog, dogs, walk the dog, puppy, lead, exercise the dog"),
            NewSkill("Looking after pets", "pet, pets, cat, cats, feeding, rabbit, hamster, budgie, holiday, kennel, litter tray, fish, hens, chickens"),
            NewSkill("Grooming and training", "clipping, claws, bath the dog, obedience, training, brushing, vet"),
        ),
    ),
    (
        "Groups and clubs",
        (
            NewSkill("Games and cards", "chess, bridge, whist, dominoes, scrabble, draughts, board games, cards, bingo, fourth player"),
            NewSkill("Minutes and typing", "secretary, minutes, committee, agenda, typed up, typing, administration, admin, filing"),
            NewSkill("Running events", "event, fête, jumble sale, stall, marshal, fundraising, quiz, raffle, organise, setting up chairs"),
            NewSkill("Bicycle repair", "bicycle, bike, bikes, puncture, tyre, flat tyre, brakes, gears, chain, cycle"),
            NewSkill("House sitting", "house, empty house, post taken in, curtains, bins, keys, burglars, away, holiday"),
        ),
    ),
)  # fmt: skip
