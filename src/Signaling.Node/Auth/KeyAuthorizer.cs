using System.Security.Cryptography;
using System.Text;
using Signaling.Actors.Auth;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Auth;

/// <summary>Lets in who proves that it holds the key which the peer id is bound to: by its name, or, where that can be kept, by its first use.</summary>
internal sealed partial class KeyAuthorizer(KeyOptions options, IPins? pins, ILogger log) : IPeerAuthorizer
{
    private static readonly Verdict AskForProof = Verdict.Ask("a proof that you hold the peerId's key: ask for a nonce with \"get-challenge\", sign it, and send \"register\" with a \"proof\"");
    private static readonly Verdict OfAnotherKey = Verdict.Deny("the peerId belongs to another key");

    /// <inheritdoc/>
    public async ValueTask<Verdict> AuthorizeAsync(RegistrationAttempt attempt)
    {
        if (attempt.Proof is not { } proof) return AskForProof;
        if (attempt.Nonce is not { } nonce || !AreEqual(proof.Nonce, nonce)) return Verdict.Deny("the proof's nonce is not this connection's last one, was used before, or is too old");
        if (!options.Audiences.Contains(proof.Audience)) return Verdict.Deny("the proof was made for another server");
        if (!PeerKeys.Verify(proof, attempt.Peer)) return Verdict.Deny("the proof's signature does not fit its key, this peerId and the nonce");
        if (attempt.Peer.Value.StartsWith(PeerKeys.IdPrefix, StringComparison.Ordinal)) return attempt.Peer.Value == PeerKeys.IdOf(proof.Key.Span) ? Verdict.Allow(Grant.Unlimited) : OfAnotherKey;
        return options.FirstUse && pins is not null ? await PinAsync(pins, attempt.Peer, proof.Key) : Verdict.Deny($"this node takes peer ids that are made from a key only: {PeerKeys.IdPrefix} and base64url of its SHA-256");
    }

    private async Task<Verdict> PinAsync(IPins pins, PeerId peer, ReadOnlyMemory<byte> key)
    {
        try
        {
            return await pins.PinAsync(peer, key) switch
            {
                null => Verdict.Deny("no more peer ids can be bound to keys here; take the one that is made from yours"),
                var pinned => pinned.AsSpan().SequenceEqual(key.Span) ? Verdict.Allow(Grant.Unlimited) : OfAnotherKey,
            };
        }
        catch (Exception failure) when (failure is MailboxStoreException or InvalidDataException)
        {
            Log.NoPins(log, failure.Message);
            return Verdict.Unavailable;
        }
    }

    /// <summary>In a time that tells nothing of where they differ.</summary>
    private static bool AreEqual(string left, string right) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));

    private static partial class Log
    {
        [LoggerMessage(EventId = 12, Level = LogLevel.Debug, Message = "A peer id cannot be bound to its key now: {Reason}")]
        public static partial void NoPins(ILogger logger, string reason);
    }
}

/// <summary>Which key a peer id is bound to. Safe for parallel use.</summary>
internal interface IPins
{
    /// <summary>Binds the peer id to the key, unless it is bound already. When it completes, that is kept.</summary>
    /// <returns>The key that it is bound to; null where no more can be bound.</returns>
    /// <exception cref="MailboxStoreException">It cannot be kept or read now.</exception>
    Task<byte[]?> PinAsync(PeerId peer, ReadOnlyMemory<byte> key);
}
