# lilong with a broker beside it: `docker build -t lilong .`, then `docker run --rm lilong demo --headless`.
# `--build-arg WHEEL=compiled` makes its inner modules machine code: quicker, and some minutes more of building.
# Runs as a user without rights; what it writes goes to /out, which is the working folder.
ARG WHEEL=pure

FROM docker.io/library/python:3.13-slim-bookworm AS base
COPY requirements.lock /src/
RUN python -m venv /opt/lilong \
 && /opt/lilong/bin/python -m pip install --no-cache-dir --require-hashes -r /src/requirements.lock

FROM base AS pure
COPY . /src
RUN /opt/lilong/bin/python -m pip wheel --no-deps --no-build-isolation -w /wheel /src

FROM base AS compiled
COPY requirements-dev.lock /src/
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && /opt/lilong/bin/python -m pip install --no-cache-dir --require-hashes -r /src/requirements-dev.lock
COPY . /src
RUN HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 \
    /opt/lilong/bin/python -m pip wheel --no-deps --no-build-isolation -w /wheel /src

FROM ${WHEEL} AS wheel

FROM base AS build
COPY --from=wheel /wheel /wheel
RUN /opt/lilong/bin/python -m pip install --no-cache-dir --no-deps /wheel/*.whl

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
