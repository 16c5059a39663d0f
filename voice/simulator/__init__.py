"""A telephone carrier in a box: calls, queues, recordings and texts, a TwiML player, webhooks, a REST API, and phones.

It is written from what is known of the carrier and knows nothing of the application it serves.

In Python, on a virtual clock (a day in seconds, no socket, no thread):

    day = Day({"numbers": [{"number": "+12125550100", "voice_url": "https://app.test/voice"}]})
    day.mount("https://app.test", wsgi_app)                       # webhooks go straight into the application
    client = Client(account_sid, auth_token, http_client=day.http_client)    # the real SDK, its bytes inline
    sam = day.staff("+12125550111", scripts.Answers(after=4, key="5"))
    ann = day.phone("+12125550177")
    ann.dial("+12125550100")
    day.advance(30)
    assert ann.talking_to == sam.number and not day.carrier.complaints

Over HTTP, in real time: `python -m voice.simulator --port 8400 --config firm.json`, then POST
/simulator/phones/+12125550177/dial {"to": "+12125550100"}, GET /simulator/phones, GET /simulator/timeline?since=12
(control.py lists all). `switches.py` holds the doubtful readings of the carrier and its rude moods, `scripts.py`
what phones do when rung, `carrier.py` the state everything else works on.
"""
