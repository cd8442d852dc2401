"""The peer in Python: FastAPI and asyncpg, one insert an event, as it is usually written."""

import json
import os
from urllib.parse import parse_qsl

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response

app = FastAPI()
pool = None


@app.on_event("startup")
async def connect():
    global pool
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=16, max_size=16)


@app.post("/ext-event/{token}")
async def receive(token: str, request: Request):
    body = (await request.body()).decode()
    fields = dict(parse_qsl(request.url.query))
    fields.update(parse_qsl(body))
    call_id = fields.get("CallID")
    if call_id is None:
        return Response(status_code=400)
    await pool.execute(
        "INSERT INTO peer_events (token, call_id, fields, source) VALUES ($1, $2, $3, $4)",
        token,
        call_id.lower(),
        json.dumps(fields),
        request.client.host,
    )
    return {}


if __name__ == "__main__":
    port = int(os.environ["PORT"])
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
