"""The member `clocks` of docs/vectors/lacre1.json: what a client learns of the time from an answer (section 11)."""
from lacre1 import ABSURD, T0

FIELDS = ("clock", "offset", "signedAt", "took", "sentAgain", "verified", "status", "timestamp", "signedHeaders",
          "lacreClock")
OUT = "out-of-window"
HOUR = 3600


def learn(it):
    """(the new offset or None where the old one stays, whether the request is sent once more)."""
    blames = (it["verified"] and it["status"] == 401 and "lacre-clock" in it["signedHeaders"]
              and it["lacreClock"] == OUT and it["took"] <= 10)
    offset = it["timestamp"] - it["clock"]
    if not blames or abs(it["timestamp"] - (it["signedAt"] + it["took"])) <= 2 or abs(offset) > ABSURD:
        return None, False
    return offset, not it["sentAgain"]


def clock(name, about, new, repeats, clock=T0, offset=0, signedAt=T0, took=0, sentAgain=False, verified=True,
          status=401, timestamp=T0, signedHeaders=("content-type", "lacre-clock"), lacreClock=OUT):
    entry = dict(zip(FIELDS, (clock, offset, signedAt, took, sentAgain, verified, status, timestamp,
                              list(signedHeaders), lacreClock)))
    assert learn(entry) == (new, repeats), (name, learn(entry))
    return dict({"name": name, "about": about}, **entry, **{"newOffset": new, "repeats": repeats})


def clocks():
    """States of a client when the head of an answer has come, and what it does."""
    entries = list(states())
    names = [entry["name"] for entry in entries]
    assert len(names) == len(set(names)), "two clocks of one name"
    return entries


def states():
    yield clock("behind", "The client's clock is an hour slow.", HOUR, True, timestamp=T0 + HOUR)
    yield clock("ahead", "The client's clock is an hour fast.", -HOUR, True, timestamp=T0 - HOUR)
    for seconds in (-3, -2, 0, 2, 3):
        wrong = abs(seconds) > 2
        yield clock("off-by-%s%d" % ("minus-" if seconds < 0 else "", abs(seconds)), "More than 2 s, in whole seconds.",
                    seconds if wrong else None, wrong, timestamp=T0 + seconds)
    for seconds in (-ABSURD - 1, -ABSURD, ABSURD, ABSURD + 1):
        near = abs(seconds) <= ABSURD
        yield clock("off-by-%s%d" % ("minus-" if seconds < 0 else "", abs(seconds)), "86400 s at most.",
                    seconds if near else None, near, timestamp=T0 + seconds)

    yield clock("took-10", "The answer took as long as it may.", HOUR, True, clock=T0 + 10, took=10,
                timestamp=T0 + 10 + HOUR)
    yield clock("took-11", "The answer took too long: a copy may have run meanwhile.", None, False, clock=T0 + 11, took=11,
                timestamp=T0 + 11 + HOUR)
    yield clock("took-10-and-right", "The time that the answer took is no difference of clocks.", None, False,
                clock=T0 + 10, took=10, timestamp=T0 + 10)
    yield clock("took-5-and-off", "Without the time that the answer took, the clocks would seem to agree.", -5, True,
                clock=T0 + 5, took=5, timestamp=T0)

    yield clock("learned-again", "An offset is from the client's own clock, not from the one that is set right already.",
                2 * HOUR, True, offset=HOUR, signedAt=T0 + HOUR, timestamp=T0 + 2 * HOUR)
    yield clock("learned-and-right", "What was signed by the server's time has nothing to teach.", None, False,
                offset=HOUR, signedAt=T0 + HOUR, timestamp=T0 + HOUR + 1)
    yield clock("parallel", "Another answer has set the offset meanwhile; this request was signed without it.", HOUR, True,
                offset=HOUR, timestamp=T0 + HOUR)
    yield clock("parallel-other-server", "Another answer has set another offset meanwhile: the last one holds.",
                HOUR, True, offset=-HOUR, timestamp=T0 + HOUR)
    yield clock("clock-set-right", "The client's own clock was set right while the answer was on its way.", 0, True,
                signedAt=T0 - HOUR, took=1, timestamp=T0)
    yield clock("clock-set-right-offset", "The offset belongs to a clock that was wrong, and goes.", 0, True,
                offset=HOUR, signedAt=T0 + HOUR, timestamp=T0)
    yield clock("clock-set-wrong", "The client's own clock was set wrong meanwhile: what was signed was right.", None, False,
                clock=T0 + HOUR, timestamp=T0 + 1)
    yield clock("far-from-own-clock", "The bound of 86400 s is from the client's own clock, whatever the offset.", None,
                False, offset=80000, signedAt=T0 + 80000, timestamp=T0 + 90000)
    yield clock("far-from-offset", "The bound of 86400 s is from the client's own clock, whatever the offset.", -80000,
                True, offset=80000, signedAt=T0 + 80000, timestamp=T0 - 80000)
    yield clock("sent-again", "A request is sent once more for its clock, not twice; the offset is set all the same.",
                HOUR, False, sentAgain=True, timestamp=T0 + HOUR)

    yield clock("unverified", "A 401 whose signature is not right sets no clock.", None, False, verified=False,
                timestamp=T0 + HOUR)
    for status in (200, 400, 403, 503):
        yield clock("status-%d" % status, "Time is taken from a 401 alone.", None, False, status=status,
                    timestamp=T0 + HOUR)
    yield clock("without-reason", "A 401 without the field may come after the request has run.", None, False,
                signedHeaders=["content-type"], lacreClock=None, timestamp=T0 + HOUR)
    for name, value in (("other", "in-window"), ("capitals", "Out-Of-Window"), ("list", "out-of-window, x"),
                        ("parameter", "out-of-window;a=1"), ("empty", "")):
        yield clock("reason-" + name, "The field has one value.", None, False, lacreClock=value, timestamp=T0 + HOUR)
