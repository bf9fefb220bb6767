"""FastAPI: two uvicorn workers with uvloop and httptools, each answering on its event loop, which has nothing else to do."""

import sys

import fastapi
import uvicorn
from pictures import Answerer

app = fastapi.FastAPI()
answerer = None


@app.post("/predict")
async def predict(request: fastapi.Request):
    global answerer
    answerer = answerer or Answerer()
    return fastapi.Response(answerer.answer(await request.body()), media_type="application/octet-stream")


if __name__ == "__main__":
    uvicorn.run("fastapi_app:app", host="127.0.0.1", port=int(sys.argv[1]), workers=int(sys.argv[2]), log_level="error",
                access_log=False)
