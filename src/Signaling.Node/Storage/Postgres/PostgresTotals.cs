using Signaling.Actors.Mailboxes;

namespace Signaling.Node.Storage.Postgres;

/// <summary>How much waits in all nodes' mailboxes, without counting it: each node's row says what it added, less what it removed. Safe for parallel use.</summary>
internal sealed class PostgresTotals
{
    private readonly Lock _gate = new();
    private MailboxTotals _own;
    private MailboxTotals _others;

    /// <summary>This node's part as of its last commit, that of the others as they last looked.</summary>
    public MailboxTotals Sum
    {
        get
        {
            lock (_gate) return new MailboxTotals(_own.Messages + _others.Messages, _own.Bytes + _others.Bytes);
        }
    }

    public void Add(MailboxTotals difference)
    {
        lock (_gate) _own = new MailboxTotals(_own.Messages + difference.Messages, _own.Bytes + difference.Bytes);
    }

    public void SetOthers(MailboxTotals others)
    {
        lock (_gate) _others = others;
    }
}
