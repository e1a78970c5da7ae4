# gateline: one static binary, run by a user without privileges. docker build -t gateline .
FROM docker.io/library/rust:1.95-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends musl-tools \
    && rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /source
COPY . .
RUN target="$(uname -m)-unknown-linux-musl" \
    && export "CC_$(echo "$target" | tr - _)=musl-gcc" \
    && cargo build --release --locked --package gateline-cli --bin gateline --target "$target" \
    && strip --strip-all -o /gateline "target/$target/release/gateline"

FROM scratch
COPY --from=build /gateline /usr/local/bin/gateline
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/gateline"]
