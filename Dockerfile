# docker build -t weapp-login .
# Needs BuildKit (Docker's default since 23.0) for the caches, which survive a change of Cargo.lock.

FROM rust:1.89-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY migrations migrations
COPY clients clients
COPY crates crates
COPY src src
# Named in Cargo.toml, so cargo wants them to be there; not built.
COPY benches benches
COPY tests/allocations.rs tests/allocations.rs
# What `weapp-login --version` names: docker build --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT=
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    WEAPP_LOGIN_COMMIT=$COMMIT cargo build --locked --release \
    && install -D target/release/weapp-login /out/weapp-login

FROM debian:12.11-slim
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent weapp-login
COPY --from=build /out/weapp-login /usr/local/bin/weapp-login
USER 10001:10001
ENV LISTEN=0.0.0.0:8080
EXPOSE 8080
# SIGTERM turns /readyz to 503, finishes what is in progress and ends. Give it DRAIN_SECONDS + SHUTDOWN_SECONDS and a few
# more before it is killed (docker stop --time, stop_grace_period, terminationGracePeriodSeconds).
STOPSIGNAL SIGTERM
# The image has no HTTP client besides bash. Only for `serve`: other commands end before the first check or override it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/${LISTEN##*:} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["weapp-login"]
CMD ["serve"]
