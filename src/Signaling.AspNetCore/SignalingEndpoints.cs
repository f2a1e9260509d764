using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Signaling.Actors.Hosting;
using Signaling.AspNetCore.Transport;

namespace Signaling.AspNetCore;

/// <summary>Gives signaling a place in an ASP.NET Core app.</summary>
public static class SignalingEndpoints
{
    private const string What = "This is a WebRTC signaling endpoint. Connect a WebSocket here: the protocol is JSON messages, beginning with {\"type\":\"register\",\"peerId\":\"…\"}.\n";

    /// <summary>Takes WebSockets at <paramref name="pattern"/> and every path below it. A plain request there is answered 426 with a sentence that says what this is.</summary>
    /// <param name="endpoints">The app. Its services need <see cref="SignalingHosting.AddSignaling"/>.</param>
    /// <param name="pattern">A path, such as <c>/</c> or <c>/signal</c>.</param>
    public static IEndpointConventionBuilder MapSignaling(this IEndpointRouteBuilder endpoints, string pattern = "/")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var endpoint = ActivatorUtilities.CreateInstance<SignalingEndpoint>(endpoints.ServiceProvider);
        return endpoints
            .Map($"{pattern.TrimEnd('/')}/{{**path}}", context => SignalingEndpoint.IsWebSocketRequest(context) ? endpoint.HandleAsync(context) : ExplainAsync(context))
            .WithDisplayName("Signaling")
            .WithOrder(int.MaxValue);                               // the app's own routes come first
    }

    /// <summary>Takes WebSockets at every path, before any route, so that an endpoint such as <c>/health</c> may be one as well.</summary>
    public static IApplicationBuilder UseSignaling(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var endpoint = ActivatorUtilities.CreateInstance<SignalingEndpoint>(app.ApplicationServices);
        return app.Use((context, next) => SignalingEndpoint.IsWebSocketRequest(context) ? endpoint.HandleAsync(context) : next(context));
    }

    /// <summary>Takes the WebSockets of a listening socket at every path before its HTTP does, which halves the memory of an idle connection. It comes after
    /// <c>UseHttps</c>, and beside <see cref="UseSignaling(IApplicationBuilder)"/>, which takes those that come another way (HTTP/2, a head in pieces) and answers those that are refused.</summary>
    public static ListenOptions UseSignaling(this ListenOptions listen)
    {
        ArgumentNullException.ThrowIfNull(listen);
        var upgrade = ActivatorUtilities.CreateInstance<ConnectionUpgrade>(listen.ApplicationServices, listen.KestrelServerOptions.Limits);
        listen.Use(http => connection => upgrade.RunAsync(connection, http));
        return listen;
    }

    /// <summary>Counts the connections of a listening socket from their first moment on. It comes before <c>UseHttps</c>, so that whoever begins TLS and does not go on counts as a handshake
    /// in progress; one too many is ended without an answer. Without it <see cref="UseSignaling(ListenOptions)"/> counts them when TLS is done.</summary>
    public static ListenOptions UseHandshakeLimit(this ListenOptions listen)
    {
        ArgumentNullException.ThrowIfNull(listen);
        var node = listen.ApplicationServices.GetRequiredService<SignalingNode>();
        listen.Use(next => async connection =>
        {
            using var handshake = OpenHandshake.TryBegin(node);
            if (handshake is null) return;
            connection.Features.Set(handshake);
            await next(connection);
        });
        return listen;
    }

    /// <summary>Kestrel reads and writes all its sockets without loops and pipes of its own between: a connection needs less memory, and with <c>DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1</c> in the
    /// environment no thread is woken for a client's message. Options are <see cref="SocketTransportOptions"/>' <c>Backlog</c>, <c>NoDelay</c> and <c>CreateBoundListenSocket</c>. With it, that a client has gone while its HTTP request is answered shows in the answer's writing only.</summary>
    public static IWebHostBuilder UseSignalingSockets(this IWebHostBuilder host) =>
        host.ConfigureServices(services => services.AddSingleton<IConnectionListenerFactory, SocketListener.Factory>());

    private static Task ExplainAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        if (HttpProtocol.IsHttp11(context.Request.Protocol))        // HTTP/2 knows neither (RFC 9113 §8.2.2)
        {
            context.Response.Headers.Upgrade = "websocket";         // RFC 9110 §15.5.22
            context.Response.Headers.Connection = "Upgrade";
        }
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(What);
    }
}
