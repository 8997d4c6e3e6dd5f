"""Publishes messages of every QoS to itself and prints what came, as JSON: roundtrip.py DOOR VERSION."""

import json
import queue
import sys

import door as doors

where, (version,) = doors.arguments()
client = doors.client(where, version, client_id=f"paho-{version}")
doors.connect(client, where)
heard = queue.Queue()
client.on_message = lambda _client, _userdata, message: heard.put(message)
granted = queue.Queue()
client.on_subscribe = lambda _client, _userdata, _mid, reasons, _properties: granted.put(reasons)
client.subscribe(f"paho/{version}/#", 2)
if [reason.value for reason in granted.get(timeout=doors.PATIENCE)] != [2]:
    sys.exit("QoS 2 was not granted")

payloads = [b'{"state": true}', b"", bytes(range(256)), "23.50 °C".encode(), b"x" * 100_000]
# The order is promised for one QoS, not for a message with QoS 1 behind one with QoS 0.
for qos in (0, 1, 2):
    for number, payload in enumerate(payloads):
        client.publish(f"paho/{version}/{qos}/{number}", payload, qos).wait_for_publish(doors.PATIENCE)
    for number, payload in enumerate(payloads):
        message = heard.get(timeout=doors.PATIENCE)
        expected = (f"paho/{version}/{qos}/{number}", qos, False, payload)
        came = (message.topic, message.qos, bool(message.retain), message.payload)
        if came != expected:
            sys.exit(f"expected {expected[:3]} with {len(payload)} bytes, came {came[:3]} with {len(came[3])} bytes")
client.disconnect()
client.loop_stop()
print(json.dumps({"heard": 3 * len(payloads)}))
