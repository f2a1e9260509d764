using Akka.Actor;
using static Signaling.Actors.Messages.MailboxProtocol;

namespace Signaling.Cluster.Mailboxes;

/// <summary>Messages that were sent to a mailbox on another node and that it has not answered for, in the order they were sent. Answers come nearly in that order.</summary>
internal sealed class UnansweredMessages
{
    private const int Few = 16;

    private readonly List<(long Number, Deliver? Message, IActorRef Sender)> _inOrder = [];
    private int _first;                                             // those before it were answered

    public bool IsEmpty => _first == _inOrder.Count;

    /// <summary>Those that are left.</summary>
    public IEnumerable<(long Number, Deliver Message, IActorRef Sender)> All =>
        from entry in _inOrder.Skip(_first)
        where entry.Message is not null
        select (entry.Number, entry.Message, entry.Sender);

    /// <param name="number">Higher than all before.</param>
    /// <param name="message">It.</param>
    /// <param name="sender">Who sent it.</param>
    public void Add(long number, Deliver message, IActorRef sender) => _inOrder.Add((number, message, sender));

    /// <returns>False where it is not here.</returns>
    public bool TryRemove(long number, out (Deliver Message, IActorRef Sender) answered)
    {
        answered = default;
        var index = IndexOf(number);
        if (index < 0 || _inOrder[index] is not { Message: { } message } found) return false;
        answered = (message, found.Sender);
        _inOrder[index] = (number, null, ActorRefs.Nobody);
        while (_first < _inOrder.Count && _inOrder[_first].Message is null) _first++;
        if (_first == _inOrder.Count || (_first > Few && 2 * _first > _inOrder.Count))
        {
            _inOrder.RemoveRange(0, _first);
            _first = 0;
        }
        return true;
    }

    private int IndexOf(long number)
    {
        var (low, high) = (_first, _inOrder.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_inOrder[middle].Number == number) return middle;
            if (_inOrder[middle].Number < number) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }
}
