using System.Runtime.InteropServices;
using Signaling.Actors.Messages;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>The rules of one peer's mailbox: order, capacity, expiry, epochs, confirmation. No Akka, no clock, no I/O.</summary>
/// <remarks>
/// One line of messages, oldest first. Those at its head may have been handed to the attached connection and wait for its
/// confirmation (<see cref="Handed"/>); the others wait for a connection. A message leaves when it is confirmed, expires, or makes room
/// for a newer one while the peer is away.
/// </remarks>
internal sealed class Mailbox(MailboxOptions options)
{
    /// <summary>Most bytes a connection has unconfirmed: a full mailbox (100 messages of 1 MB) must not overrun the connection's own bound.</summary>
    private const long HandOverWindow = 1_048_576;

    /// <summary>A seq is a generation and a number within it, so that it never goes back although not every message is stored. It stays below 2^53, as JSON
    /// numbers must, with room for 2^41 generations.</summary>
    private const int NumberBits = 12;
    private const int MaxNumber = (1 << NumberBits) - 1;

    /// <summary>What an empty line may hold on to: a busy mailbox is emptied by every confirmation.</summary>
    private const int KeptCapacity = 64;

    /// <summary>What a message takes in memory beside its JSON: 145 bytes were measured, 280 where its sender waits for a receipt.</summary>
    private const int BytesBeside = 256;

    private readonly ReceiptMemory _receipts = new();
    private List<MailboxItem> _line = [];
    private SenderShares? _shares;                                  // of what is accepted; while the peer is away and the mailbox full
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

    /// <summary>What the line takes in memory while the peer is here, so that many small messages count as what they are.</summary>
    public long Footprint => Bytes + ((long)BytesBeside * _line.Count);

    /// <summary>When the oldest message that waits expires; null where none waits.</summary>
    public DateTimeOffset? NextExpiry => _line.Count == Handed ? null : _line[Handed].AcceptedAt + options.TimeToLive;

    /// <summary>So many messages were taken that a new generation should be asked for.</summary>
    public bool NeedsGeneration => _number >= MaxNumber / 2;

    /// <summary>Whether <see cref="Add"/> may be called.</summary>
    public bool CanAdd => _number < MaxNumber;

    /// <summary>Some messages lie in the store alone: it must be opened again before they can be handed over.</summary>
    public bool HasReleased => _line.Exists(item => item.IsReleased);

    /// <summary>The store has everything that is in the line.</summary>
    public bool IsStored => _line.TrueForAll(item => item.Store == StoreState.Committed);

    /// <summary>There is nothing here that is worth remembering.</summary>
    public bool IsForgettable => _line.Count == 0 && _receipts.IsEmpty;

    public IEnumerable<MailboxItem> Items => _line;

    /// <summary>Whether something of this sender is here; the newest first, as who sends now has mostly just sent.</summary>
    public bool HasFrom(PeerId sender) => _line.FindLastIndex(item => item.From == sender) >= 0;

    /// <summary>Starts, or starts anew, from what the store holds, and from what it was never asked to hold.</summary>
    public void Open(OpenedMailbox opened)
    {
        var own = _line.FindAll(item => item.Store != StoreState.Committed); // what the store was asked for and has not, it did not take
        Epoch = new Epoch(opened.Generation, 0);
        Number(opened.Generation);
        (_line, _shares, Bytes) = ([], null, 0);
        // A store may hold behind newer ones what had to be tried again.
        foreach (var message in opened.Messages.OrderBy(message => message.Seq))
            Append(new MailboxItem(message.Seq, message.From, message.Id, message.AcceptedAt, message.Json) { Store = StoreState.Committed, WasLate = true });
        foreach (var item in own) Insert(item);
    }

    /// <summary>Messages are numbered in this generation from now on.</summary>
    public void Number(long generation) => (_generation, _number) = (generation, 0);

    /// <summary>A new registration.</summary>
    public Epoch Attach()
    {
        _shares = null;
        Epoch = Epoch.Next();
        return Epoch;
    }

    /// <summary>Whether a message comes again because its sender saw no receipt.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="id">Its id.</param>
    /// <param name="waiting">The message, where it waits; null where it was delivered.</param>
    public bool IsRepeated(PeerId from, ReadOnlyMemory<byte> id, out MailboxItem? waiting) => _receipts.TryFind(from, id, out waiting);

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
        while (Handed < _line.Count && (Handed == 0 || _handedBytes + _line[Handed].Bytes <= HandOverWindow)) _handedBytes += _line[Handed++].Bytes;
        return CollectionsMarshal.AsSpan(_line)[first..Handed];
    }

    /// <summary>The connection has delivered everything up to <paramref name="through"/>.</summary>
    /// <returns>The messages that are done with.</returns>
    public IReadOnlyList<MailboxItem> Confirm(long through)
    {
        var done = 0;
        while (done < Handed && _line[done].Seq <= through) _handedBytes -= _line[done++].Bytes;
        Handed -= done;
        var delivered = Remove(0, done);
        foreach (var item in delivered) _receipts.WasDelivered(item);
        return delivered;
    }

    /// <summary>The connection is gone: what it did not confirm waits again.</summary>
    public void TakeBack()
    {
        for (var i = 0; i < Handed; i++) _line[i].WasLate = true;
        (Handed, _handedBytes) = (0, 0);
    }

    /// <summary>Everything that the store was not asked to keep yet; the caller asks it now.</summary>
    public IReadOnlyList<MailboxItem> Unstored() => _line.FindAll(item => item.Store == StoreState.No);

    /// <summary>The store has taken a message that came while the peer is away. Beyond the capacity one goes for it: the oldest of whichever sender has
    /// most here, so that nobody's flood removes another's messages.</summary>
    /// <remarks>Never more than one, since what came back from a connection was accepted, however much it is. So a line is no longer than the capacity or
    /// what came back, but for what is on its way to the store, which has bounds of its own. That displaces nothing: it may yet be refused.</remarks>
    /// <returns>What goes; null where there is room.</returns>
    public MailboxItem? MakeRoomFor(MailboxItem accepted)
    {
        if (_line.LastIndexOf(accepted) < 0) return null;            // it has gone already
        _shares?.Add(accepted.From);
        if (_line.Count <= options.Capacity) return null;
        _shares ??= new SenderShares(_line.Where(item => item.IsAccepted)); // once, not for each message of a flood: the line may be long
        if (_shares.Count <= options.Capacity) return null;
        var (most, share) = _shares.Largest;
        var oldest = _line.FindIndex(item => item.IsAccepted && item != accepted && (share == 1 || item.From == most));
        var displaced = Remove(oldest, 1)[0];
        _receipts.Forget(displaced);
        return displaced;
    }

    /// <summary>What waits and is as old as the time to live goes; what a connection has is left to it.</summary>
    public IReadOnlyList<MailboxItem> RemoveExpired(DateTimeOffset now)
    {
        var live = Handed;
        while (live < _line.Count && _line[live].AcceptedAt + options.TimeToLive <= now) live++;
        var expired = Remove(Handed, live - Handed);
        foreach (var item in expired) _receipts.Forget(item);
        return expired;
    }

    /// <summary>The store did not take this message, so it was not accepted.</summary>
    /// <returns>False where it is no longer in the line, or is with a connection: then it was delivered after all.</returns>
    public bool Withdraw(MailboxItem item)
    {
        var index = _line.IndexOf(item);
        if (index < Handed) return false;
        Remove(index, 1);
        _receipts.Forget(item);
        return true;
    }

    /// <summary>Puts a message where it belongs, unless it is there.</summary>
    private void Insert(MailboxItem item)
    {
        var index = _line.FindLastIndex(other => other.Seq <= item.Seq);
        if (index >= 0 && _line[index].Seq == item.Seq) return;
        _line.Insert(index + 1, item);
        Bytes += item.Bytes;
        _receipts.Waits(item);
    }

    private void Append(MailboxItem item)
    {
        _line.Add(item);
        Bytes += item.Bytes;
        _receipts.Waits(item);
    }

    private MailboxItem[] Remove(int first, int count)
    {
        if (count == 0) return [];
        var removed = CollectionsMarshal.AsSpan(_line).Slice(first, count).ToArray();
        _line.RemoveRange(first, count);
        foreach (var item in removed)
        {
            Bytes -= item.Bytes;
            if (item.IsAccepted) _shares?.Remove(item.From);
        }
        if (_line.Count == 0 && _line.Capacity > KeptCapacity) _line.Capacity = 0; // it is one of many
        return removed;
    }
}
