using System.Collections.Concurrent;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Keeps messages as long as the process lives. Safe for parallel use.</summary>
public sealed class InMemoryMailboxStore : IMailboxStore
{
    private readonly ConcurrentDictionary<PeerId, List<StoredMessage>> _mailboxes = new();
    private long _generation;
    private long _lastSeq;

    /// <inheritdoc/>
    public ValueTask<OpenedMailbox> OpenAsync(PeerId peer)
    {
        // One counter for all mailboxes keeps the promise of "higher than before" without an entry for each empty one; so does one highest seq.
        var messages = _mailboxes.TryGetValue(peer, out var stored) ? stored.ToArray() : [];
        return ValueTask.FromResult(new OpenedMailbox(Interlocked.Increment(ref _generation), Interlocked.Read(ref _lastSeq), messages));
    }

    /// <inheritdoc/>
    public ValueTask AppendAsync(PeerId peer, IReadOnlyList<StoredMessage> messages)
    {
        if (messages.Count == 0) return ValueTask.CompletedTask;
        _mailboxes.GetOrAdd(peer, static _ => []).AddRange(messages);
        RaiseLastSeq(messages[^1].Seq);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(PeerId peer, IReadOnlyList<long> seqs)
    {
        if (_mailboxes.TryGetValue(peer, out var stored))
        {
            stored.RemoveAll(message => seqs.Contains(message.Seq));
            if (stored.Count == 0) _mailboxes.TryRemove(peer, out _);
        }
        return ValueTask.CompletedTask;
    }

    private void RaiseLastSeq(long seq)
    {
        for (var last = Interlocked.Read(ref _lastSeq); last < seq;)
        {
            var seen = Interlocked.CompareExchange(ref _lastSeq, seq, last);
            if (seen == last) return;
            last = seen;
        }
    }
}
