using System.Collections.Concurrent;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Keeps messages as long as the process lives. Safe for parallel use.</summary>
/// <remarks>Does not fence: nobody else can open its mailboxes, and an empty one costs it nothing.</remarks>
public sealed class InMemoryMailboxStore : IMailboxStore
{
    /// <summary>More than a node hands out in a second; generations fit until 2242.</summary>
    private const long GenerationsPerSecond = 256;

    private readonly ConcurrentDictionary<PeerId, List<StoredMessage>> _mailboxes = new();
    private long _generation;
    private long _messages;
    private long _bytes;

    /// <param name="time">The clock: after a restart, which forgets everything, generations are higher than before. Null: they begin with 1.</param>
    public InMemoryMailboxStore(TimeProvider? time = null) => _generation = (time?.GetUtcNow().ToUnixTimeSeconds() ?? 0) * GenerationsPerSecond;

    /// <inheritdoc/>
    public MailboxTotals Totals => new(Interlocked.Read(ref _messages), Interlocked.Read(ref _bytes));

    /// <inheritdoc/>
    public ValueTask<OpenedMailbox> OpenAsync(PeerId peer)
    {
        // One counter for all mailboxes keeps the promise of "higher than before" without an entry for each empty one.
        var generation = Interlocked.Increment(ref _generation);
        if (!_mailboxes.TryGetValue(peer, out var stored)) return ValueTask.FromResult(new OpenedMailbox(generation, []));
        lock (stored) return ValueTask.FromResult(new OpenedMailbox(generation, [.. stored]));
    }

    /// <inheritdoc/>
    public ValueTask<long> NextGenerationAsync(MailboxOwner owner) => ValueTask.FromResult(Interlocked.Increment(ref _generation));

    /// <inheritdoc/>
    public ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages)
    {
        while (true)
        {
            var stored = _mailboxes.GetOrAdd(owner.Peer, static _ => []);
            lock (stored)
            {
                if (!_mailboxes.TryGetValue(owner.Peer, out var current) || current != stored) continue; // the last message of the old list has just gone
                stored.AddRange(messages);
            }
            Count(messages, +1);
            return ValueTask.CompletedTask;
        }
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs)
    {
        var removed = seqs.ToHashSet();                             // a confirmation may be of thousands
        Remove(owner.Peer, message => removed.Contains(message.Seq));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Close(MailboxOwner owner)
    {
    }

    /// <inheritdoc/>
    public ValueTask<int> RemoveAcceptedUpToAsync(DateTimeOffset time) =>
        ValueTask.FromResult(_mailboxes.Keys.Sum(peer => Remove(peer, message => message.AcceptedAt <= time)));

    private int Remove(PeerId peer, Predicate<StoredMessage> isToGo)
    {
        if (!_mailboxes.TryGetValue(peer, out var stored)) return 0;
        lock (stored)
        {
            var removed = stored.FindAll(isToGo);
            stored.RemoveAll(isToGo);
            if (stored.Count == 0) _mailboxes.TryRemove(KeyValuePair.Create(peer, stored));
            Count(removed, -1);
            return removed.Count;
        }
    }

    private void Count(IReadOnlyList<StoredMessage> messages, int sign)
    {
        Interlocked.Add(ref _messages, sign * messages.Count);
        Interlocked.Add(ref _bytes, sign * messages.Sum(message => (long)message.Json.Length));
    }
}
