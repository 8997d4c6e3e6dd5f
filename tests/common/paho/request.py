"""Asks with a response topic and correlation data (MQTT 5) and prints the answer as JSON: request.py DOOR TOPIC PAYLOAD."""

import json
import queue
import sys

import door as doors
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

where, (topic, payload) = doors.arguments()
client = doors.client(where, "5", client_id="paho-asks")
doors.connect(client, where)
heard = queue.Queue()
client.on_message = lambda _client, _userdata, message: heard.put(message)
granted = queue.Queue()
client.on_subscribe = lambda _client, _userdata, _mid, reasons, _properties: granted.put(reasons)
client.subscribe("paho/answers", 1)
granted.get(timeout=doors.PATIENCE)
asking = Properties(PacketTypes.PUBLISH)
asking.ResponseTopic = "paho/answers"
asking.CorrelationData = b"\x00\xff\x01"
client.publish(topic, payload, 1, properties=asking)
answer = heard.get(timeout=doors.PATIENCE)
client.disconnect()
client.loop_stop()
correlation = getattr(answer.properties, "CorrelationData", b"").hex()
print(json.dumps({"correlation": correlation, "payload": json.loads(answer.payload)}))
