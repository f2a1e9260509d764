using System.Text;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Mailboxes;

/// <summary>Recognises messages that come again because their sender saw no receipt: those that wait, and the last ones that were delivered.</summary>
internal sealed class ReceiptMemory
{
    /// <summary>Delivered messages that are remembered. A sender that missed a receipt sends again within seconds.</summary>
    private const int MaxDelivered = 256;

    private Dictionary<(PeerId From, string Id), MailboxItem?>? _known; // most mailboxes never see an id
    private Queue<(PeerId From, string Id)>? _delivered;

    public bool IsEmpty => _known is null or { Count: 0 };

    /// <returns>Whether the message is known.</returns>
    /// <param name="from">The sender.</param>
    /// <param name="id">Its id.</param>
    /// <param name="waiting">The message, where it waits; null where it was delivered.</param>
    public bool TryFind(PeerId from, ReadOnlyMemory<byte> id, out MailboxItem? waiting)
    {
        waiting = null;
        return _known is not null && _known.TryGetValue(Key(from, id), out waiting);
    }

    public void Waits(MailboxItem item)
    {
        if (item.WantsReceipt) (_known ??= [])[Key(item)] = item;
    }

    public void WasDelivered(MailboxItem item)
    {
        if (!item.WantsReceipt) return;
        (_known ??= [])[Key(item)] = null;
        (_delivered ??= []).Enqueue(Key(item));
        if (_delivered.Count > MaxDelivered) _known.Remove(_delivered.Dequeue());
    }

    /// <summary>It expired, had to make room, or was not accepted: sent again, it is a new one.</summary>
    public void Forget(MailboxItem item)
    {
        if (item.WantsReceipt && _known is not null && _known.GetValueOrDefault(Key(item)) == item) _known.Remove(Key(item));
    }

    private static (PeerId From, string Id) Key(MailboxItem item) => Key(item.From, item.Id);

    private static (PeerId From, string Id) Key(PeerId from, ReadOnlyMemory<byte> id) => (from, Encoding.UTF8.GetString(id.Span));
}
