using Npgsql;

namespace Signaling.Node.Storage.Postgres;

/// <summary>Short forms.</summary>
internal static class NpgsqlExtensions
{
    /// <summary>Adds a statement.</summary>
    /// <param name="batch">All of it is one transaction.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="values">Of $1, $2, …</param>
    public static void Add(this NpgsqlBatch batch, string sql, object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        batch.BatchCommands.Add(command);
    }

    public static TResult[] ToArray<TSource, TResult>(this IReadOnlyList<TSource> list, Func<TSource, TResult> select) => [.. list.Select(select)];
}
