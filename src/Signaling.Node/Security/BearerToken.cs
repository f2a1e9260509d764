using System.Security.Cryptography;
using System.Text;
using Signaling.AspNetCore;

namespace Signaling.Node.Security;

/// <summary>Answers only who knows the token (RFC 6750 §2.1).</summary>
internal static class BearerToken
{
    /// <param name="app">What is behind it.</param>
    /// <param name="token">Empty: everybody is answered.</param>
    /// <param name="isOpen">What everybody may ask nevertheless.</param>
    public static void UseBearerToken(this IApplicationBuilder app, string token, Func<PathString, bool> isOpen)
    {
        if (token.Length == 0) return;
        var expected = Hash(token);
        app.Use((context, next) => isOpen(context.Request.Path) || IsKnown(context.Request, expected) ? next(context) : RefuseAsync(context));
    }

    private static bool IsKnown(HttpRequest request, byte[] expected) => BearerCredentials.Of(request.Headers) is { } token && CryptographicOperations.FixedTimeEquals(Hash(token), expected);

    /// <summary>Of one length, whatever was given: comparing takes the same time.</summary>
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Response.WriteAsJsonAsync(new { error = "this endpoint asks for a bearer token" });
    }
}
