"""The error of a download, apart from the machinery of downloading, which is imported only when it is used."""


class DownloadError(OSError):
    """A file could not be had from any of its addresses. The message tells how to place it by hand."""
