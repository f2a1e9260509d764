using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using Signaling.Actors.Auth;

namespace Signaling.Node.Auth;

/// <summary>Asks the operator's own HTTP endpoint: <c>POST {peerId, token, address}</c>, answered by 200 <c>{allow, reason?, expiresInSeconds?, reach?, cacheSeconds?}</c>,
/// or by 401 or 403. Whatever else it does, nobody is let in.</summary>
internal sealed partial class WebhookAuthorizer(HttpClient http, WebhookOptions options, TimeProvider time, ILogger log) : IPeerAuthorizer, IDisposable
{
    private const int MaxCached = 10_000;
    private const int MaxReasonChars = 200;
    private const string NoReason = "the server's operator says no";

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = MaxCached });
    private readonly SemaphoreSlim _turns = new(options.MaxRequests);
    private volatile bool _isFailing;

    /// <inheritdoc/>
    public async ValueTask<Verdict> AuthorizeAsync(RegistrationAttempt attempt)
    {
        var question = Question.Of(attempt);
        if (_cache.TryGetValue(question, out Allowed? known) && known!.CountsUntil > time.GetUtcNow()) return known.Verdict;
        return await Task.Run(() => AskInTurnAsync(attempt, question)); // not where frames are read
    }

    public void Dispose()
    {
        _cache.Dispose();
        _turns.Dispose();
    }

    private async Task<Verdict> AskInTurnAsync(RegistrationAttempt attempt, Question question)
    {
        if (!await _turns.WaitAsync(options.Timeout)) return Verdict.Unavailable;
        try
        {
            return await AskAsync(attempt, question);
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or JsonException or InvalidDataException or InvalidOperationException) // the last at a name that is no text
        {
            if (!_isFailing) Log.Fails(log, failure.Message);
            _isFailing = true;
            return Verdict.Unavailable;
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task<Verdict> AskAsync(RegistrationAttempt attempt, Question question)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Url);
        request.Content = JsonContent.Create(new { peerId = attempt.Peer.Value, token = attempt.Token, address = attempt.Origin.Address?.ToString() });
        if (options.Secret.Length > 0) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Secret);
        using var response = await http.SendAsync(request);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            _isFailing = false;
            return Verdict.Deny(NoReason);
        }
        if (response.StatusCode != HttpStatusCode.OK) throw new InvalidDataException($"it answered {(int)response.StatusCode}");
        using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        var verdict = Read(answer.RootElement, out var cached);
        _isFailing = false;
        if (verdict.Grant is not { } grant || cached <= TimeSpan.Zero) return verdict;
        var until = time.GetUtcNow() + cached;
        if (grant.ExpiresAt < until) until = grant.ExpiresAt.Value;
        _cache.Set(question, new Allowed(verdict, until), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = cached });
        return verdict;
    }

    private Verdict Read(JsonElement answer, out TimeSpan cached)
    {
        cached = Seconds(answer, "cacheSeconds") ?? options.CacheTimeToLive;
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("allow", out var allow) || allow.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            throw new InvalidDataException("its answer has no \"allow\": true or false");
        if (allow.ValueKind == JsonValueKind.False)
        {
            var reason = answer.TryGetProperty("reason", out var given) && given.TryGetText(out var text) ? text : NoReason;
            return Verdict.Deny(reason.Length <= MaxReasonChars ? reason : reason[..MaxReasonChars]);
        }
        var reach = default(PeerPatterns);
        if (answer.TryGetProperty("reach", out var patterns) && patterns.ValueKind != JsonValueKind.Null && !patterns.TryGetPatterns(out reach))
            throw new InvalidDataException("its answer's \"reach\" is no list of peer ids");
        var expiresAt = Seconds(answer, "expiresInSeconds") is { } validity ? time.GetUtcNow() + validity : default(DateTimeOffset?);
        return Verdict.Allow(new Grant(expiresAt, reach));
    }

    /// <returns>Null where it is not there.</returns>
    private static TimeSpan? Seconds(JsonElement answer, string name)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || !(seconds >= 0)) throw new InvalidDataException($"its answer's \"{name}\" is no number of seconds");
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(3_650).TotalSeconds));
    }

    /// <summary>All that an answer may depend on; of the token a hash, which is no secret.</summary>
    private sealed record Question(string Peer, string? TokenHash, IPAddress? Address)
    {
        public static Question Of(RegistrationAttempt attempt) => new(
            attempt.Peer.Value, attempt.Token is { } token ? Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token))) : null, attempt.Origin.Address);
    }

    private sealed record Allowed(Verdict Verdict, DateTimeOffset CountsUntil);

    private static partial class Log
    {
        [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "The webhook that decides who may register fails ({Reason}): nobody new is let in until it works")]
        public static partial void Fails(ILogger logger, string reason);
    }
}
