"""A session that stays, a will and a retained message, as paho sees them: session.py DOOR VERSION."""

import queue
import sys

import paho.mqtt.client as mqtt
import paho.mqtt.properties as properties
from paho.mqtt.packettypes import PacketTypes

import door as doors

where, (version,) = doors.arguments()
base = f"session/{version}"


def client(name, stays):
    """A client with a session that stays, or not, and the messages it hears."""
    heard = queue.Queue()
    more = {} if version == "5" else {"clean_session": not stays}
    made = doors.client(where, version, client_id=f"{name}-{version}", **more)
    made.on_message = lambda _client, _userdata, message: heard.put(message)
    return made, heard


def connect(made, stays):
    more = {}
    if version == "5":
        more["clean_start"] = not stays
        more["properties"] = properties.Properties(PacketTypes.CONNECT)
        more["properties"].SessionExpiryInterval = 3600 if stays else 0
    flags, _ = doors.connect(made, where, **more)
    return flags.session_present


def subscribe(made, topic):
    granted = queue.Queue()
    made.on_subscribe = lambda _client, _userdata, _mid, reasons, _properties: granted.put(reasons)
    made.subscribe(topic, 1)
    granted.get(timeout=doors.PATIENCE)


def leave(made):
    gone = queue.Queue()
    made.on_disconnect = lambda *_: gone.put(True)
    made.disconnect()
    gone.get(timeout=doors.PATIENCE)
    made.loop_stop()


sleeper, _ = client("sleeper", True)
connect(sleeper, True)
subscribe(sleeper, f"{base}/#")
leave(sleeper)

speaker, heard = client("speaker", False)
connect(speaker, False)
for number in range(100):
    speaker.publish(f"{base}/news", str(number), 1).wait_for_publish(doors.PATIENCE)

# One goes without a word; its will says so.
mortal, _ = client("mortal", False)
mortal.will_set(f"{base}/will", "dead", 1, True)
connect(mortal, False)
subscribe(speaker, f"{base}/will")
mortal.socket().close()
mortal.loop_stop()
will = heard.get(timeout=doors.PATIENCE)
if (will.payload, bool(will.retain)) != (b"dead", False):
    sys.exit(f"the will came as {will.payload!r}, retain {will.retain}")

sleeper, heard = client("sleeper", True)
present = connect(sleeper, True)
# Version 3.1 has no word for it.
if version != "3.1" and not present:
    sys.exit("the session is gone")
for number in range(100):
    message = heard.get(timeout=doors.PATIENCE)
    if message.payload != str(number).encode():
        sys.exit(f"expected {number}, came {message.payload!r}")
if heard.get(timeout=doors.PATIENCE).payload != b"dead":
    sys.exit("the sleeper missed the will")
leave(sleeper)

late, heard = client("late", False)
connect(late, False)
subscribe(late, f"{base}/#")
kept = heard.get(timeout=doors.PATIENCE)
if (kept.topic, kept.payload, bool(kept.retain)) != (f"{base}/will", b"dead", True):
    sys.exit(f"kept is {kept.topic} {kept.payload!r}")
late.publish(f"{base}/will", b"", 1, True).wait_for_publish(doors.PATIENCE)
leave(late)
leave(speaker)

# The sleeper's session is cleaned up.
cleaner, _ = client("sleeper", False)
connect(cleaner, False)
leave(cleaner)
