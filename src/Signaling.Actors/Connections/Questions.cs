using Akka.Actor;
using Signaling.Actors.Transport;
using static Signaling.Actors.Messages.DirectoryProtocol;

namespace Signaling.Actors.Connections;

/// <summary>A client's questions about others. They are asked one at a time, and only while the client reads the answers: 20 bytes ask for up to 1 MiB
/// (4,000 unread <c>get-peers</c> cost the original server 774 MiB).</summary>
internal sealed class Questions(IActorRef directory, IClientSocket socket)
{
    private const int MaxUnreadBytes = 262_144;
    private Queue<(object Question, int Bytes)>? _waiting;
    private bool _isAsking;

    /// <param name="question">For the directory.</param>
    /// <param name="bytes">Of the client's message. The socket hears that it is handled when it is answered, so its window bounds how many wait.</param>
    public void Add(object question, int bytes) => (_waiting ??= []).Enqueue((question, bytes));

    /// <summary>Asks the next one.</summary>
    /// <returns>False where one has to wait until the client has read more; try again soon.</returns>
    public bool Ask()
    {
        if (_isAsking || _waiting is null) return true;
        if (socket.QueuedBytes > MaxUnreadBytes) return false;
        _isAsking = true;
        directory.Tell(_waiting.Peek().Question);
        return true;
    }

    /// <summary>The directory's answer to the one that was asked.</summary>
    public void Answered(Answer answer)
    {
        if (!_isAsking) return;
        socket.Send(answer.Json, answer.Rest);
        Done();
    }

    /// <inheritdoc cref="Answered(Answer)"/>
    public void Answered(Answers answers)
    {
        if (!_isAsking) return;
        foreach (var frame in answers.Frames) socket.Send(frame);
        Done();
    }

    private void Done()
    {
        _isAsking = false;
        socket.Handled(_waiting!.Dequeue().Bytes);
        if (_waiting.Count == 0) _waiting = null;
    }
}
