"""show(world, leg): what happened"""
import sqlalchemy as sa
from voice.ledger import CallEvent
def show(world, leg=None):
    for c in world.calls():
        print("=====", c.sid[-6:], c.outcome, c.cause, c.state, c.path, c.talk_seconds, c.answered_by)
        for e in world.read(lambda q: list(q.scalars(sa.select(CallEvent).where(CallEvent.call_id == c.id).order_by(CallEvent.id)))):
            print("   ", e.at.time(), e.kind, e.data)
    for x in world.day.carrier.exchanges:
        p=x.webhook.params
        print("   X", x.at.time(), p.get("CallSid","")[-4:], x.webhook.url.partition('#')[0].replace("https://ringback.test","")[-60:], {k:p[k] for k in ("CallStatus","QueueResult","DialCallStatus","DialBridged","DialCallDuration","Digits","QueueTime","SequenceNumber") if k in p}, x.status, x.error, x.rude, x.body[54:].replace(b"https://ringback.test",b"")[:110])
    for l in world.logs:
        if l["event"]!="moved" or 1: print("   L", l)
