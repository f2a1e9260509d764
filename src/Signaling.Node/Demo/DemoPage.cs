using System.Collections.Frozen;
using System.Net.Mime;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Signaling.Node.Demo;

/// <summary>The demo page and its files, which are part of the program.</summary>
internal static class DemoPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/demo";

    private const string ResourcePrefix = "demo/";

    /// <summary>Everything comes from this node and nothing is written into the page but by its own scripts, as text.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".html"] = MediaTypeNames.Text.Html + "; charset=utf-8",
        [".css"] = MediaTypeNames.Text.Css + "; charset=utf-8",
        [".js"] = MediaTypeNames.Text.JavaScript + "; charset=utf-8",
        [".svg"] = MediaTypeNames.Image.Svg,
    }.ToFrozenDictionary();

    /// <summary>Serves the page at <see cref="Path"/> and its files below.</summary>
    public static void MapDemo(this IEndpointRouteBuilder endpoints)
    {
        var assembly = typeof(DemoPage).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            var name = resource[ResourcePrefix.Length..];
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            var file = Results.Bytes(content, ContentTypes[System.IO.Path.GetExtension(name)], entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\""));
            endpoints.MapMethods(name == "index.html" ? Path : $"{Path}/{name}", [HttpMethods.Get, HttpMethods.Head], context => AnswerAsync(context, file));
        }
    }

    /// <summary>Where a browser on this machine finds it.</summary>
    /// <param name="clients">The clients' endpoint; its host may stand for every address of the machine.</param>
    public static Uri AddressAt(Uri clients)
    {
        var address = new UriBuilder(clients) { Path = Path };
        if (clients.Host is "[::]" or "0.0.0.0") address.Host = "localhost"; // a secure context, too: that is where browsers hand out cameras
        return address.Uri;
    }

    private static Task AnswerAsync(HttpContext context, IResult file)
    {
        // The route matches a slash behind it, too, where the page's relative links would lead elsewhere.
        if (context.Request.Path == Path + "/") return Results.Redirect(".." + Path).ExecuteAsync(context);
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(self), microphone=()";
        headers.CacheControl = "no-cache";                          // asked for again each time, and sent again where it has changed: see the entity tag
        return file.ExecuteAsync(context);
    }
}
