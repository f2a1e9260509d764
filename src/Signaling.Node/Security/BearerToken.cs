using System.Security.Cryptography;
using System.Text;

namespace Signaling.Node.Security;

/// <summary>Answers only who knows the token (RFC 6750 §2.1).</summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <param name="app">What is behind it.</param>
    /// <param name="token">Empty: everybody is answered.</param>
    /// <param name="isOpen">What everybody may ask nevertheless.</param>
    public static void UseBearerToken(this IApplicationBuilder app, string token, Func<PathString, bool> isOpen)
    {
        if (token.Length == 0) return;
        var expected = Hash(token);
        app.Use((context, next) => isOpen(context.Request.Path) || IsKnown(context.Request, expected) ? next(context) : RefuseAsync(context));
    }

    /// <returns>The token that the request brings; null where it brings none.</returns>
    public static string? Of(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..] : null;
    }

    private static bool IsKnown(HttpRequest request, byte[] expected) => Of(request) is { } token && CryptographicOperations.FixedTimeEquals(Hash(token), expected);

    /// <summary>Of one length, whatever was given: comparing takes the same time.</summary>
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Response.WriteAsJsonAsync(new { error = "this endpoint asks for a bearer token" });
    }
}
