using System.Text.Json;

namespace Signaling.Client;

/// <summary>A request that the node answers with a message of some type, without an id: so one is asked at a time, and again where its connection ends.</summary>
/// <param name="id">What an <c>error</c> repeats.</param>
/// <param name="frame">The request.</param>
internal abstract class Question(string id, byte[] frame)
{
    public string Id => id;

    public byte[] Frame => frame;

    public bool IsSent { get; set; }

    /// <summary>Nobody waits for it any more.</summary>
    public abstract bool IsSettled { get; }

    /// <returns>Whether this message of the node's completes the answer.</returns>
    public abstract bool TryAnswer(string type, JsonElement json);

    public abstract void Fail(Exception cause);
}

/// <inheritdoc/>
/// <param name="id">What an <c>error</c> repeats.</param>
/// <param name="frame">The request.</param>
/// <param name="read">The answer in a message of the node's; null where it is another message, or not all of it.</param>
internal sealed class Question<T>(string id, byte[] frame, Func<string, JsonElement, T?> read) : Question(id, frame) where T : class
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Answer => _answer.Task;

    public override bool IsSettled => _answer.Task.IsCompleted;

    public override bool TryAnswer(string type, JsonElement json)
    {
        if (read(type, json) is not { } answer) return false;
        _answer.TrySetResult(answer);
        return true;
    }

    public override void Fail(Exception cause) => _answer.TrySetException(cause);

    public void Cancel(CancellationToken cancellationToken) => _answer.TrySetCanceled(cancellationToken);
}
