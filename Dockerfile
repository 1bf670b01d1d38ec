# lilong with a broker beside it: `docker build -t lilong .`, then `docker run --rm lilong demo --headless`.
# Runs as a user without rights; what it writes goes to /out, which is the working folder.
FROM docker.io/library/python:3.13-slim-bookworm AS build
COPY requirements.lock /src/
RUN python -m venv /opt/lilong \
 && /opt/lilong/bin/python -m pip install --no-cache-dir --require-hashes -r /src/requirements.lock
COPY . /src
RUN /opt/lilong/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation /src

FROM docker.io/library/python:3.13-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends mosquitto \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home lilong \
 && install -d -o lilong /out
COPY --from=build /opt/lilong /opt/lilong
USER lilong
WORKDIR /out
EXPOSE 8765
ENTRYPOINT ["/opt/lilong/bin/lilong"]
CMD ["demo", "--http", "0.0.0.0:8765"]
