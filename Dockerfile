# gateline: one static binary, run by a user without privileges. docker build -t gateline .
FROM docker.io/library/rust:1.95-alpine AS build
RUN apk add --no-cache build-base cmake perl
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package gateline-cli --bin gateline && strip target/release/gateline

FROM scratch
COPY --from=build /source/target/release/gateline /usr/local/bin/gateline
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/gateline"]
