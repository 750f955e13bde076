"""One PutRecord per event, one after the other; responses are ignored."""

import datetime
import json
import resource
import sys
import time
import uuid

import boto3

stream, events = sys.argv[1], int(sys.argv[2])
client = boto3.client("firehose")


def put_record():
    event = json.dumps({str(uuid.uuid4()): datetime.datetime.utcnow().strftime("test-%Y-%m-%d %H:%M:%S")})
    # Without a space after the colon the event is, byte for byte, the one that the others send.
    client.put_record(DeliveryStreamName=stream, Record={"Data": event.replace('": "', '":"') + "\n"})


started, cpu = time.perf_counter(), time.process_time()
for _ in range(events):
    put_record()
print(
    json.dumps(
        {
            "events": events,
            "durationMs": (time.perf_counter() - started) * 1e3,
            "cpuMicros": (time.process_time() - cpu) * 1e6,
            "peakRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
