# The node as one file, in an image without a shell or a package manager.
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
WORKDIR /source
COPY . .
# CI=true: exactly the packages that the lock files name.
RUN CI=true dotnet publish src/Signaling.Node -o /node && mkdir /data

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
COPY --from=build /node/ /app/
# Made here, since this image has no shell to make it: a named volume takes over its owner.
COPY --from=build --chown=$APP_UID:$APP_UID /data/ /data/
USER $APP_UID
WORKDIR /data
EXPOSE 9001 9002
# It reads the same environment as the node, so it finds the management port wherever that is.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["/app/signaling-node", "health"]
ENTRYPOINT ["/app/signaling-node"]
