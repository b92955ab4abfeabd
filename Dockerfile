FROM golang:1.26 AS build
WORKDIR /src

# A layer of their own, because dependencies change seldom.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /eventra ./cmd/eventra
RUN echo 'nonroot:x:65532:65532::/:/sbin/nologin' >/passwd && echo 'nonroot:x:65532:' >/group
RUN mkdir -p /folders/ca /folders/certs


# Only the program, which includes the time zones, and the certificate authorities it trusts.
FROM scratch
COPY --from=build /passwd /group /etc/
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /eventra /eventra
# A new volume that is mounted there belongs to the user below.
COPY --from=build --chown=65532:65532 /folders /

USER 65532:65532
ENV EVENTRA_HTTP_ADDR=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["/eventra", "health"]
ENTRYPOINT ["/eventra"]
CMD ["serve"]
