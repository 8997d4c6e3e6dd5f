"""A way into a broker, as the tests give it in one argument of JSON: a paho client that is ready to connect."""

import json
import sys
import threading

import paho.mqtt.client as mqtt

VERSIONS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}
PATIENCE = 15


def transport(door):
    if door["unix"]:
        return "unix"
    return "websockets" if door["websocket"] else "tcp"


def client(door, version, client_id="", **more):
    """A client that has not connected; `more` goes to paho, e.g. clean_session."""
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=VERSIONS[version],
                       transport=transport(door), **more)
    if door["websocket"]:
        made.ws_set_options(path=door["websocket"])
    if door["user"]:
        made.username_pw_set(door["user"], door["password"])
    if door["ca"]:
        made.tls_set(ca_certs=door["ca"], certfile=door["certificate"], keyfile=door["key"])
    return made


def connect(made, door, **more):
    """Connects and waits for the answer; ends the program with its reason if it is no."""
    answer = threading.Event()
    reasons = []

    def on_connect(_client, _userdata, flags, reason, properties):
        reasons.append((flags, reason, properties))
        answer.set()

    made.on_connect = on_connect
    made.connect(door["unix"] or door["host"], door["port"] or 1883, **more)
    made.loop_start()
    if not answer.wait(PATIENCE):
        sys.exit("no answer to CONNECT")
    flags, reason, properties = reasons[0]
    if reason.is_failure:
        sys.exit(f"refused: {reason}")
    return flags, properties


def arguments():
    """The door, then the script's own arguments."""
    return json.loads(sys.argv[1]), sys.argv[2:]
