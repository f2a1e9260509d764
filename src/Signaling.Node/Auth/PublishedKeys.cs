using Microsoft.IdentityModel.Tokens;

namespace Signaling.Node.Auth;

/// <summary>Keys that the tokens' issuer publishes as a JSON Web Key Set (RFC 7517 §5), and changes in its own time.</summary>
/// <remarks>They are fetched beside those who wait for nothing: only a token whose key is not known yet waits. Where the issuer does not answer, what is known stays in force.</remarks>
internal sealed partial class PublishedKeys(HttpClient http, JwtOptions options, TimeProvider time, ILogger log) : IJwtKeys
{
    /// <summary>Tokens of keys that nobody knows must not become requests to the issuer.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private volatile IReadOnlyList<SecurityKey>? _keys;
    private Task _fetch = Task.CompletedTask;
    private long? _fetchedAt;
    private bool _isFailing;

    /// <inheritdoc/>
    public IReadOnlyList<string> Algorithms => ConfiguredKeys.PublicKeyAlgorithms;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SecurityKey>?> FindAsync(string? kid)
    {
        if (_keys is { } known && IsIn(known, kid))
        {
            _ = FetchAsync(options.JwksRefreshInterval);
            return known;
        }
        await FetchAsync(ShortestInterval);
        return _keys;
    }

    private static bool IsIn(IReadOnlyList<SecurityKey> keys, string? kid) => kid is null || keys.Any(key => key.KeyId == kid);

    /// <summary>Fetches the keys, unless they were fetched not so long ago.</summary>
    private Task FetchAsync(TimeSpan interval)
    {
        lock (_gate)
        {
            if (!_fetch.IsCompleted || (_fetchedAt is { } then && time.GetElapsedTime(then) < interval)) return _fetch;
            _fetchedAt = time.GetTimestamp();
            return _fetch = Task.Run(FetchAsync);                   // not where frames are read
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            var keys = KeySet.Read(await http.GetStringAsync(new Uri(options.JwksUrl)));
            if (keys.Count == 0) throw new InvalidDataException("it has no public key");
            _keys = keys;
            _isFailing = false;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or ArgumentException or InvalidDataException or InvalidOperationException)
        {
            if (!_isFailing) Log.NoKeys(log, options.JwksUrl, failure.Message);
            _isFailing = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 10, Level = LogLevel.Warning, Message = "The key set at {Url} cannot be had ({Reason}): tokens of new keys are refused until it can")]
        public static partial void NoKeys(ILogger logger, string url, string reason);
    }
}
