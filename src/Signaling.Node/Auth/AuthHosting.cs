using Signaling.Actors.Auth;

namespace Signaling.Node.Auth;

/// <summary>Puts the configured authentication into the host.</summary>
internal static class AuthHosting
{
    private const int MaxAnswerBytes = 1_048_576;

    private static readonly TimeSpan KeySetTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Adds it; where every client may register every id, there is none.</summary>
    public static void AddPeerAuthorizer(this IServiceCollection services, AuthOptions options)
    {
        switch (options.Mode)
        {
            case AuthMode.Jwt:
                services.AddSingleton<IPeerAuthorizer>(provider => new JwtAuthorizer(options.Jwt, KeysOf(options.Jwt, provider), provider.GetRequiredService<TimeProvider>()));
                break;
            case AuthMode.Webhook:
                services.AddSingleton<IPeerAuthorizer>(provider => new WebhookAuthorizer(Client(options.Webhook.Timeout), options.Webhook, provider.GetRequiredService<TimeProvider>(), Log(provider)));
                break;
            case AuthMode.Keys:
                services.AddSingleton<IPeerAuthorizer>(provider => new KeyAuthorizer(options.Keys, provider.GetService<IPins>(), Log(provider)));
                break;
        }
    }

    /// <summary>Reads what it is to work with before anything else starts, so that what is wrong with it is told as any failed start is.</summary>
    /// <exception cref="InvalidDataException">The key file cannot be used.</exception>
    public static void OpenPeerAuthorizer(this IServiceProvider services) => services.GetService<IPeerAuthorizer>();

    private static IJwtKeys KeysOf(JwtOptions options, IServiceProvider provider)
    {
        if (options.Secret.Length > 0) return ConfiguredKeys.OfSecret(options.Secret);
        if (options.KeysFile.Length > 0) return ConfiguredKeys.OfFile(options.KeysFile);
        return new PublishedKeys(Client(KeySetTimeout), options, provider.GetRequiredService<TimeProvider>(), Log(provider));
    }

    /// <summary>It follows nobody elsewhere, and looks names up again now and then.</summary>
    private static HttpClient Client(TimeSpan timeout) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = timeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };

    private static ILogger Log(IServiceProvider provider) => provider.GetRequiredService<ILoggerFactory>().CreateLogger("Signaling.Auth");
}
