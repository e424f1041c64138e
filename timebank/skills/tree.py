"""The tree of skills that a new bank begins with, in residents' words. A bank changes it as it
likes."""

from typing import NamedTuple


class NewSkill(NamedTuple):
    """A skill, everyday words for it, and what a helper has to hold for it."""

    name: str
    synonyms: str
    needs_checks: tuple[str, ...] = ()


TREE: tuple[tuple[str, tuple[NewSkill, ...]], ...] = (
    (
        "Around the house",
        (
            NewSkill("Plumbing", "plumber, tap, taps, drip, dripping, leak, leaking, washer, blocked sink, sink, drain, toilet, cistern, flush, radiator, pipe, stopcock, shower, bath, loo, hot water, washbasin"),
            NewSkill("Small repairs", "odd jobs, handyman, handywoman, mending, fixing, repair, shelf, shelves, put up, picture, hook, lock, hinge, squeaky door, handle, screws, drill, DIY, curtain rail, letterbox, washing line"),
            NewSkill("Electrical jobs", "electrician, electrics, plug, socket, fuse, light fitting, bulb, light bulb, lamp, wiring, switch, doorbell, smoke alarm, battery, lights, cable, extension lead"),
            NewSkill("Decorating", "painting, painter, paint, wallpaper, papering, emulsion, gloss, filler, redecorate, walls, ceiling, skirting"),
            NewSkill("Carpentry", "woodwork, joiner, carpenter, wood, door, drawer, sticking, plane, saw, bench, floorboard, cupboard, window sill, warped"),
            NewSkill("Furniture assembly", "flat pack, flat-pack, wardrobe, bookcase, bed frame, instructions, put together, assemble, self-assembly"),
            NewSkill("Tiling and brickwork", "tiles, tiler, grout, bricks, bricklayer, wall, pointing, cement, plaster, plastering, patio, paving, step, slabs, mortar"),
            NewSkill("Appliance repair", "toaster, kettle, radio, iron, vacuum, hoover, washing machine, small electricals, repair café, hairdryer, food mixer, gadget"),
            NewSkill("Upholstery", "chair seat, sofa, cushion, springs, re-cover, furniture repair, caning, settee, armchair, couch, stuffing"),
            NewSkill("Sharpening", "knives, scissors, shears, blades, tools, blunt, knife, secateurs, axe"),
        ),
    ),
    (
        "Cleaning and clearing",
        (
            NewSkill("Cleaning", "cleaner, housework, hoovering, dusting, spring clean, oven, fridge, bathroom, kitchen, mop, tidy, dust, polishing, scrubbing, vacuuming"),
            NewSkill("Window cleaning", "windows, panes, glass, conservatory, smears"),
            NewSkill("Laundry and ironing", "washing, ironing, shirts, sheets, pressing, laundry, clothes, bedding, duvet, launderette"),
            NewSkill("Gutters", "gutter, guttering, leaves, downpipe, ladder, roof, moss"),
            NewSkill("Clearing out", "declutter, decluttering, loft, attic, garage, shed, sorting, tip, dump, rubbish, junk, house clearance, paperwork sorting, clutter, hoarding, bulky waste"),
            NewSkill("Moving house", "removals, van, lifting, carrying, boxes, packing, sofa, heavy, shifting furniture, move"),
        ),
    ),
    (
        "Garden and outdoors",
        (
            NewSkill("Gardening", "garden, gardener, weeding, weeds, planting, bulbs, borders, pots, hanging baskets, roses, pruning, digging, flower bed, raking leaves, flowers, brambles"),
            NewSkill("Mowing", "lawn, grass, mower, mowing, strimming, strimmer, edges"),
            NewSkill("Hedges and trees", "hedge, hedges, privet, branches, tree, trees, trimming, chainsaw, overhanging, bushes, shrubs, conifers, stump"),
            NewSkill("Allotment and vegetables", "allotment, vegetables, veg, compost, sowing, seeds, tomatoes, potatoes, greenhouse, polytunnel, beans, onions, raised bed"),
            NewSkill("Fences and sheds", "fence, fencing, panel, post, gate, shed, trellis, decking"),
            NewSkill("Looking after plants", "watering, plants, houseplants, holiday watering, pot plants, window boxes"),
            NewSkill("Beekeeping and wildlife", "bees, hive, honey, birds, bird box, pond, hedgehog, bat box, swarm, frogs, butterflies, nest box"),
        ),
    ),
    (
        "Lifts and errands",
        (
            NewSkill("Lifts", "lift, driver, driving, car, transport, drive, taken to, appointment, hospital, clinic, doctor, station, airport, church, taxi", ("driving",)),
            NewSkill("Shopping", "shop, groceries, supermarket, market, food shop, weekly shop, list, messages, food, milk, carrier bags"),
            NewSkill("Collecting and posting", "errand, errands, prescription, chemist, pharmacy, parcel, post office, library books, medicine, tablets, delivery, pills, repeat prescription, post box"),
            NewSkill("Going along", "escort, accompany, appointment, come with, wheelchair, pushing, bus, train, hold my arm, travel companion"),
        ),
    ),
    (
        "Company and care",
        (
            NewSkill("Befriending", "company, visiting, visit, visitor, lonely, loneliness, isolated, chat, natter, tea, friend, talk to, companionship, sitting with, cuppa"),
            NewSkill("Telephone calls", "phone call, ring, telephone friend, chat on the phone, check in, good morning call"),
            NewSkill("Walking together", "walk, walking, stroll, fresh air, park, rambling, walking group, hill walking"),
            NewSkill("Reading aloud", "read, reading, letters, newspaper, books, eyesight, blind, partially sighted, poor sight, glasses, small print, macular, cataracts"),
            NewSkill("Sitting with somebody", "sitter, sitting service, respite, carer, carers, dementia, look after my husband, look after my wife, mum, dad, break, Alzheimer's", ("criminal_record", "references")),
            NewSkill("Help at meals and getting up", "personal care, dressing, feeding, getting up, bath, carer", ("criminal_record", "references")),
            NewSkill("Hospital visiting", "hospital, ward, visit, visiting, in hospital, hospice, patient, bedside"),
            NewSkill("Meals out and days out", "outing, trip, day out, lunch, café, theatre, cinema, museum, seaside, excursion, pictures, concert"),
        ),
    ),
    (
        "Children and families",
        (
            NewSkill("Babysitting", "babysitter, sitter, evening out, baby, toddler, minding children, child-minding, childminding", ("criminal_record", "references")),
            NewSkill("School runs", "school, nursery, pick up, fetch from school, take to school, walk to school", ("criminal_record", "references")),
            NewSkill("Playing and crafts with children", "play, toys, crafts, after school, holidays, football, den", ("criminal_record", "references")),
            NewSkill("Homework and tutoring", "tutor, homework, maths, mathematics, fractions, science, GCSE, reading practice, spelling, exam, revision, times tables, A-levels", ("criminal_record", "references")),
            NewSkill("New parents", "new baby, newborn, mother, breastfeeding, sleep, pram, twins, nappies, colic"),
        ),
    ),
    (
        "Food",
        (
            NewSkill("Cooking", "cook, meals, soup, stew, dinner, dish, recipes, freezer, batch, curry, vegetarian, Sunday roast"),
            NewSkill("Baking", "bread, loaf, sourdough, dough, scones, pastry, biscuits, cake, buns, pie, muffins, sponge, gluten-free"),
            NewSkill("Celebration cakes", "birthday cake, wedding cake, icing, christening, party cake"),
            NewSkill("Jam and preserves", "jam, chutney, pickles, marmalade, preserving, plums, fruit, bottling, foraging, glut, jars"),
            NewSkill("Catering for groups", "buffet, sandwiches, tea for many, party food, lunch club, washing up, serving, wake, barbecue, canapés"),
        ),
    ),
    (
        "Letters, forms and money",
        (
            NewSkill("Forms", "form, form filling, fill in, benefits, attendance allowance, PIP, blue badge, bus pass, council tax, housing, universal credit, pension, application, paperwork, claim, grant, passport"),
            NewSkill("Letters", "letter, writing, council, complaint, typing, reply, official, correspondence, cards, handwriting, envelopes"),
            NewSkill("Budgeting", "budget, money, bills, saving, household accounts, end of the month, direct debit, energy, tariffs, debt, debts, loan"),
            NewSkill("Bookkeeping", "accounts, treasurer, spreadsheet, ledger, books, year end, accountancy, audit"),
            NewSkill("Jobs and CVs", "CV, job, work, interview, application, career, unemployed, covering letter, redundant, redundancy, employer"),
            NewSkill("Speaking up", "advocacy, advocate, rights, meeting, hearing, landlord, housing, tenants, tribunal, speech, public speaking, eviction, appeal, toast"),
        ),
    ),
    (
        "Computers and telephones",
        (
            NewSkill("Computers", "computer, laptop, PC, internet, email, e-mail, online, web, browsing, typing, files, slow, virus, password, windows, keyboard, mouse, online banking, scam"),
            NewSkill("Tablets and phones", "tablet, iPad, phone, mobile, smartphone, WhatsApp, texting, apps, video call, Zoom, Skype, FaceTime, photos, make the letters bigger, screen, Android, group chat, SIM card"),
            NewSkill("Printers and wi-fi", "printer, printing, wifi, wi-fi, router, broadband, scanner, ink, connection"),
            NewSkill("Televisions and radios", "TV, television, remote, channels, tuning, aerial, freeview, recording, radio, hi-fi, telly, set-top box, wireless, record player, subtitles"),
            NewSkill("Websites and social media", "website, web page, Facebook, blog, newsletter, page on the web"),
        ),
    ),
    (
        "Sewing and making",
        (
            NewSkill("Sewing and mending", "sew, alterations, hem, trousers, taken up, curtains, zip, button, seamstress, dressmaking, patch, lining, sewing machine, dress, skirt, darning, name tapes, costume"),
            NewSkill("Knitting and crochet", "knit, wool, crochet, yarn, cast on, jumper, needles, socks, stitch, cardigan, bootees"),
            NewSkill("Crafts", "craft, pottery, card making, jewellery, felting, weaving, model making, patchwork, quilting, embroidery, clay, beads, baskets, wreath"),
            NewSkill("Painting and drawing", "art, watercolour, watercolours, drawing, sketching, oils, portrait, picture"),
            NewSkill("Photography", "photo, photos, photographs, camera, pictures, film, video, event pictures, digitising, slides"),
            NewSkill("Posters and design", "poster, leaflet, flyer, logo, design, layout, printing, banner, invitations, programme, tickets"),
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
            NewSkill("Singing", "sing, choir, songs, hymns, voice, karaoke, carols, sing-song"),
            NewSkill("Writing and poetry", "creative writing, poems, story, memoir, life story, book club, poetry, novel, autobiography, eulogy"),
            NewSkill("Family history", "genealogy, ancestors, family tree, census, records, great-grandfather, local history, DNA test, parish registers"),
            NewSkill("Driving theory and cycling", "cycling, learn to ride, highway code, theory test, road safety"),
        ),
    ),
    (
        "Health and well-being",
        (
            NewSkill("Gentle exercise", "exercise, chair exercises, keep fit, stretching, falls, balance, movement, dance, dancing, swimming, stiff, physio, wobbly"),
            NewSkill("Yoga and tai chi", "yoga, tai chi, pilates, breathing, qigong"),
            NewSkill("Relaxation", "meditation, mindfulness, calm, stress, sleep, anxiety, relax, worry, panic, nerves, insomnia"),
            NewSkill("Hairdressing", "hair, haircut, hairdresser, cut, trim, set, barber, perm, blow dry, fringe, beard, shave, plaits"),
            NewSkill("Nails and massage", "manicure, nails, massage, hands, feet, pedicure, make-up, beauty, toenails, aching shoulders, pampering"),
            NewSkill("First aid", "first aid, resuscitation, CPR, emergency, plasters, defibrillator, choking, bandage, burns"),
        ),
    ),
    (
        "Animals",
        (
            NewSkill("Dog walking", "dog, dogs, walk the dog, puppy, lead, exercise the dog"),
            NewSkill("Looking after pets", "pet, pets, cat, cats, feeding, rabbit, hamster, budgie, holiday, kennel, litter tray, fish, hens, chickens, goldfish, parrot, guinea pig, cat sitting, pet sitting"),
            NewSkill("Grooming and training", "clipping, claws, bath the dog, obedience, training, brushing, vet, matted, fur, barking"),
        ),
    ),
    (
        "Groups and clubs",
        (
            NewSkill("Games and cards", "chess, bridge, whist, dominoes, scrabble, draughts, board games, cards, bingo, fourth player, backgammon, cribbage, jigsaw, crossword"),
            NewSkill("Minutes and typing", "secretary, minutes, committee, agenda, typed up, typing, administration, admin, filing, note-taking, clerk"),
            NewSkill("Running events", "event, fête, jumble sale, stall, marshal, fundraising, quiz, raffle, organise, setting up chairs, street party, summer fair, tombola, open day"),
            NewSkill("Bicycle repair", "bicycle, bike, bikes, puncture, tyre, flat tyre, brakes, gears, chain, cycle, pedal, saddle, tricycle"),
            NewSkill("House sitting", "house, empty house, post taken in, curtains, bins, keys, burglars, away, holiday, house-sitting, key holder"),
        ),
    ),
)  # fmt: skip
