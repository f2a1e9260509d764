using System.IO.Pipelines;

namespace Signaling.AspNetCore.Transport;

/// <summary>A stream as pipes. Reads wait without a buffer, so that an idle connection holds none.</summary>
internal sealed class StreamPipe(Stream stream) : IDuplexPipe
{
    private const int BufferBytes = 16_384;

    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferBytes, leaveOpen: true, useZeroByteReads: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: BufferBytes, leaveOpen: true));
}
