namespace Signaling.Client;

/// <summary>A message on its way to another peer, until it is answered.</summary>
/// <param name="recipient">Its recipient.</param>
/// <param name="json">An object without <c>id</c> and <c>receipt</c>.</param>
internal sealed class OutgoingMessage(string recipient, ReadOnlyMemory<byte> json)
{
    private readonly TaskCompletionSource<DeliveryStatus> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Recipient => recipient;

    public ReadOnlyMemory<byte> Json => json;

    /// <summary>The node's answer.</summary>
    public Task<DeliveryStatus> Answer => _answer.Task;

    /// <summary>It is to be sent: for the first time, or once more.</summary>
    public bool IsDue { get; set; } = true;

    /// <summary>How often the node has refused it for a while.</summary>
    public int Refusals { get; set; }

    public bool IsSettled => _answer.Task.IsCompleted;

    public bool Complete(DeliveryStatus status) => _answer.TrySetResult(status);

    public bool Fail(Exception cause) => _answer.TrySetException(cause);

    public bool Cancel(CancellationToken cancellationToken) => _answer.TrySetCanceled(cancellationToken);
}
