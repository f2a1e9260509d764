using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Signaling.AspNetCore;
using Signaling.Node.Configuration;
using Signaling.Node.Security;
using Endpoint = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Signaling.Node;

/// <summary>Kestrel's two endpoints: clients, and management.</summary>
internal static class Server
{
    /// <summary>What Kestrel may hold for a client that does not read, beside our own bound. Its memory stays with the process for long: with its 64 KiB,
    /// 10,000 clients in a storm of presence left 500 MB behind.</summary>
    private const int MaxWriteBufferBytes = 16_384;

    public static void Configure(KestrelServerOptions kestrel, NodeOptions options)
    {
        kestrel.Limits.MaxResponseBufferSize = MaxWriteBufferBytes;
        kestrel.AddServerHeader = false;
        Listen(kestrel, options.Listen, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (options.Tls.IsSet)
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;     // HTTP/2 carries WebSockets by extended CONNECT (RFC 8441)
                listen.UseHandshakeLimit();
                Serve(options.Tls, listen);
            }
            listen.UseSignaling();
        });
        Listen(kestrel, options.Management, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (options.Management.Tls.IsSet) Serve(options.Management.Tls, listen);
            listen.Use(next => connection =>
            {
                connection.Features.Set(ManagementConnection.Instance);
                return next(connection);
            });
        });
    }

    /// <exception cref="IOException">An address is in use, is not this machine's, or needs a right that the process has not.</exception>
    public static async Task StartAsync(WebApplication app, NodeOptions options)
    {
        try
        {
            await app.StartAsync();
        }
        catch (SocketException failure)                             // which of the two, it does not say
        {
            var (clients, management) = (options.Listen, options.Management);
            throw new IOException($"cannot listen at {clients.Host}:{clients.Port} (clients) or {management.Host}:{management.Port} (management)", failure);
        }
    }

    /// <summary>Whether the request came in at the management endpoint; it does not depend on what the request says of itself.</summary>
    public static bool IsManagement(HttpContext context) => context.Features.Get<ManagementConnection>() is not null;

    private static void Listen(KestrelServerOptions kestrel, Configuration.ListenOptions options, Action<Endpoint> configure)
    {
        var address = Address.Parse(options.Host)!;                 // checked with the options
        if (address.Equals(IPAddress.IPv6Any)) kestrel.ListenAnyIP(options.Port, configure); // IPv4 alone where the machine has no IPv6
        else kestrel.Listen(address, options.Port, configure);
    }

    private static void Serve(TlsOptions tls, Endpoint listen) =>
        ActivatorUtilities.CreateInstance<ServerCertificate>(listen.ApplicationServices, tls).Serve(listen);

    private sealed class ManagementConnection
    {
        public static readonly ManagementConnection Instance = new();
    }
}
