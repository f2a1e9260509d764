using System.Runtime.InteropServices;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>The rules of one peer's mailbox: order, capacity, expiry, epochs, confirmation. No Akka, no clock, no I/O.</summary>
/// <remarks>
/// One line of messages, oldest first. Those at its head may have been handed to the attached connection and wait for its
/// confirmation (<see cref="Handed"/>); the others wait for a connection. A message leaves when it is confirmed, expires, or is the oldest of too many
/// while the peer is away.
/// </remarks>
internal sealed class Mailbox(MailboxOptions options)
{
    /// <summary>Most bytes a connection has unconfirmed: a full mailbox (100 messages of 1 MB) must not overrun the connection's own bound.</summary>
    private const long HandOverWindow = 1_048_576;

    /// <summary>A seq is its generation and a number within that, so that it never goes back although not every message is stored: below 2^53 as JSON
    /// numbers must be, room for 2^41 generations.</summary>
    private const int NumberBits = 12;
    private const int MaxNumber = (1 << NumberBits) - 1;

    private readonly List<MailboxItem> _line = [];
    private long _generation;
    private int _number;
    private long _handedBytes;

    /// <summary>The current registration's, or the last one's.</summary>
    public Epoch Epoch { get; private set; }

    /// <summary>How many at the head of the line the attached connection has.</summary>
    public int Handed { get; private set; }

    public int Count => _line.Count;

    /// <summary>Bytes of everything in the line.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the oldest message that waits expires; null where none waits.</summary>
    public DateTimeOffset? NextExpiry => _line.Count == Handed ? null : _line[Handed].AcceptedAt + options.TimeToLive;

    /// <summary>Starts from what the store holds.</summary>
    public void Open(OpenedMailbox opened)
    {
        Epoch = new Epoch(opened.Generation, 0);
        Number(opened.Generation);
        foreach (var message in opened.Messages)
            Append(new MailboxItem(message.Seq, message.From, message.Id, message.AcceptedAt, message.Json) { IsStored = true, WasLate = true });
    }

    /// <summary>So many messages were taken that a new generation should be asked for.</summary>
    public bool NeedsGeneration => _number >= MaxNumber / 2;

    /// <summary>Whether <see cref="Add"/> may be called.</summary>
    public bool CanAdd => _number < MaxNumber;

    /// <summary>Messages are numbered in this generation from now on.</summary>
    public void Number(long generation) => (_generation, _number) = (generation, 0);

    /// <summary>A new registration.</summary>
    public Epoch Attach()
    {
        Epoch = Epoch.Next();
        return Epoch;
    }

    /// <summary>Takes a message; it goes to the end of the line.</summary>
    public MailboxItem Add(PeerId from, ReadOnlyMemory<byte> id, ReadOnlyMemory<byte> json, DateTimeOffset now)
    {
        var item = new MailboxItem((_generation << NumberBits) + ++_number, from, id, now, json);
        Append(item);
        return item;
    }

    /// <summary>What the connection gets now: what waits and is not expired, as far as the window reaches. The caller hands it over in this order.</summary>
    public ReadOnlySpan<MailboxItem> HandOver()
    {
        var first = Handed;
        while (Handed < _line.Count && (Handed == 0 || _handedBytes + _line[Handed].Json.Length <= HandOverWindow)) _handedBytes += _line[Handed++].Json.Length;
        return CollectionsMarshal.AsSpan(_line)[first..Handed];
    }

    /// <summary>The connection has delivered everything up to <paramref name="through"/>.</summary>
    /// <returns>The messages that are done with; the store forgets those it has.</returns>
    public IReadOnlyList<MailboxItem> Confirm(long through)
    {
        var done = 0;
        while (done < Handed && _line[done].Seq <= through) _handedBytes -= _line[done++].Json.Length;
        Handed -= done;
        return Remove(0, done);
    }

    /// <summary>The connection is gone: what it did not confirm waits again.</summary>
    public void TakeBack()
    {
        for (var i = 0; i < Handed; i++) _line[i].WasLate = true;
        (Handed, _handedBytes) = (0, 0);
    }

    /// <summary>Everything that the store does not have yet, now that the peer is away; the caller stores it.</summary>
    public IReadOnlyList<MailboxItem> Unstored() => _line.FindAll(item => !item.IsStored);

    /// <summary>While the peer is away: the oldest beyond the capacity go.</summary>
    public IReadOnlyList<MailboxItem> RemoveExcess() => Remove(0, Math.Max(0, _line.Count - options.Capacity));

    /// <summary>What waits and is as old as the time to live goes; what a connection has is left to it.</summary>
    public IReadOnlyList<MailboxItem> RemoveExpired(DateTimeOffset now)
    {
        var live = Handed;
        while (live < _line.Count && _line[live].AcceptedAt + options.TimeToLive <= now) live++;
        return Remove(Handed, live - Handed);
    }

    /// <summary>The store did not take this message, so it was not accepted.</summary>
    /// <returns>False where it is no longer in the line, or is with a connection: then it was delivered after all.</returns>
    public bool Withdraw(MailboxItem item)
    {
        var index = _line.IndexOf(item);
        if (index < Handed) return false;
        _line.RemoveAt(index);
        Bytes -= item.Json.Length;
        return true;
    }

    private void Append(MailboxItem item)
    {
        _line.Add(item);
        Bytes += item.Json.Length;
    }

    private List<MailboxItem> Remove(int first, int count)
    {
        if (count == 0) return [];
        var removed = _line.GetRange(first, count);
        _line.RemoveRange(first, count);
        foreach (var item in removed) Bytes -= item.Json.Length;
        if (_line.Count == 0) _line.Capacity = 0; // an idle mailbox holds no array
        return removed;
    }
}

/// <summary>One message in a mailbox.</summary>
internal sealed class MailboxItem(long seq, PeerId from, ReadOnlyMemory<byte> id, DateTimeOffset acceptedAt, ReadOnlyMemory<byte> json)
{
    public long Seq { get; } = seq;

    public PeerId From { get; } = from;

    /// <summary>Where the sender asked for a receipt; else empty.</summary>
    public ReadOnlyMemory<byte> Id { get; } = id;

    public DateTimeOffset AcceptedAt { get; } = acceptedAt;

    public ReadOnlyMemory<byte> Json { get; } = json;

    /// <summary>The store has it.</summary>
    public bool IsStored { get; set; }

    /// <summary>It waited while its recipient was away, or comes again: it is delivered as <c>offline-message</c>.</summary>
    public bool WasLate { get; set; }

    public StoredMessage ToStored() => new(Seq, From, Id, AcceptedAt, Json);
}
