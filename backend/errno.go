package backend

// Errno is a backend-neutral failure code. It maps one to one to the errno of Linux and carries its number, so that both
// stay readable. The zero value is no error. Converting one to error does not allocate. A backend may report a code that has
// no name here; its text is then the number's class, and the number itself stays readable.
type Errno uint8

// The failure codes.
const (
	OK              Errno = 0
	EPERM           Errno = 1
	ENOENT          Errno = 2
	EINTR           Errno = 4
	EIO             Errno = 5
	ENXIO           Errno = 6
	EBADF           Errno = 9
	EAGAIN          Errno = 11
	ENOMEM          Errno = 12
	EACCES          Errno = 13
	EFAULT          Errno = 14
	EBUSY           Errno = 16
	EEXIST          Errno = 17
	EXDEV           Errno = 18
	ENODEV          Errno = 19
	ENOTDIR         Errno = 20
	EISDIR          Errno = 21
	EINVAL          Errno = 22
	ENFILE          Errno = 23
	EMFILE          Errno = 24
	EFBIG           Errno = 27
	ENOSPC          Errno = 28
	ESPIPE          Errno = 29
	EROFS           Errno = 30
	EMLINK          Errno = 31
	EPIPE           Errno = 32
	ENAMETOOLONG    Errno = 36
	ENOTEMPTY       Errno = 39
	ELOOP           Errno = 40
	ETIME           Errno = 62
	EOVERFLOW       Errno = 75
	EBADFD          Errno = 77
	ENOTSOCK        Errno = 88
	EDESTADDRREQ    Errno = 89
	EMSGSIZE        Errno = 90
	EPROTOTYPE      Errno = 91
	ENOPROTOOPT     Errno = 92
	EPROTONOSUPPORT Errno = 93
	ESOCKTNOSUPPORT Errno = 94
	EOPNOTSUPP      Errno = 95
	EAFNOSUPPORT    Errno = 97
	EADDRINUSE      Errno = 98
	EADDRNOTAVAIL   Errno = 99
	ENETUNREACH     Errno = 101
	ECONNABORTED    Errno = 103
	ECONNRESET      Errno = 104
	ENOBUFS         Errno = 105
	EISCONN         Errno = 106
	ENOTCONN        Errno = 107
	ETIMEDOUT       Errno = 110
	ECONNREFUSED    Errno = 111
	EHOSTUNREACH    Errno = 113
	EALREADY        Errno = 114
	EINPROGRESS     Errno = 115
	EDQUOT          Errno = 122
	ECANCELED       Errno = 125
)

// Error returns a text with the code's name and meaning.
func (e Errno) Error() string {
	switch {
	case e == OK:
		return "backend: no error"
	case e < EOVERFLOW:
		return e.textOfFiles()
	}
	return e.textOfSockets()
}

const unknownError = "backend: unknown error"

// textOfFiles is for the codes that files and processes know.
func (e Errno) textOfFiles() string {
	switch e {
	case EPERM:
		return "backend: not permitted (EPERM)"
	case ENOENT:
		return "backend: no such file (ENOENT)"
	case EINTR:
		return "backend: interrupted (EINTR)"
	case EIO:
		return "backend: input/output error (EIO)"
	case ENXIO:
		return "backend: no such device or address (ENXIO)"
	case EBADF:
		return "backend: bad descriptor (EBADF)"
	case EAGAIN:
		return "backend: try again (EAGAIN)"
	case ENOMEM:
		return "backend: out of memory (ENOMEM)"
	case EACCES:
		return "backend: permission denied (EACCES)"
	case EFAULT:
		return "backend: bad address (EFAULT)"
	case EBUSY:
		return "backend: busy (EBUSY)"
	case EEXIST:
		return "backend: it exists already (EEXIST)"
	case EXDEV:
		return "backend: on another file system (EXDEV)"
	case ENODEV:
		return "backend: no such device (ENODEV)"
	case ENOTDIR:
		return "backend: not a directory (ENOTDIR)"
	case EISDIR:
		return "backend: is a directory (EISDIR)"
	case EINVAL:
		return "backend: invalid argument (EINVAL)"
	case ENFILE:
		return "backend: too many open files in the system (ENFILE)"
	case EMFILE:
		return "backend: too many open descriptors (EMFILE)"
	case EFBIG:
		return "backend: file too large (EFBIG)"
	case ENOSPC:
		return "backend: no space left (ENOSPC)"
	case ESPIPE:
		return "backend: no position on this descriptor (ESPIPE)"
	case EROFS:
		return "backend: read-only file system (EROFS)"
	case EMLINK:
		return "backend: too many links (EMLINK)"
	case EPIPE:
		return "backend: the peer is gone (EPIPE)"
	case ENAMETOOLONG:
		return "backend: name too long (ENAMETOOLONG)"
	case ENOTEMPTY:
		return "backend: directory not empty (ENOTEMPTY)"
	case ELOOP:
		return "backend: too many symbolic links (ELOOP)"
	case ETIME:
		return "backend: timer expired (ETIME)"
	}
	return unknownError
}

// textOfSockets is for the codes from EOVERFLOW on.
func (e Errno) textOfSockets() string {
	switch e {
	case EOVERFLOW:
		return "backend: value too large (EOVERFLOW)"
	case EBADFD:
		return "backend: descriptor in the wrong state (EBADFD)"
	case ENOTSOCK:
		return "backend: not a socket (ENOTSOCK)"
	case EDESTADDRREQ:
		return "backend: destination address required (EDESTADDRREQ)"
	case EMSGSIZE:
		return "backend: message too long (EMSGSIZE)"
	case EPROTOTYPE:
		return "backend: wrong type of socket (EPROTOTYPE)"
	case ENOPROTOOPT:
		return "backend: no such protocol option (ENOPROTOOPT)"
	case EPROTONOSUPPORT:
		return "backend: protocol not supported (EPROTONOSUPPORT)"
	case ESOCKTNOSUPPORT:
		return "backend: type of socket not supported (ESOCKTNOSUPPORT)"
	case EOPNOTSUPP:
		return "backend: this backend cannot do that (EOPNOTSUPP)"
	case EAFNOSUPPORT:
		return "backend: address family not supported (EAFNOSUPPORT)"
	case EADDRINUSE:
		return "backend: address in use (EADDRINUSE)"
	case EADDRNOTAVAIL:
		return "backend: no such address here (EADDRNOTAVAIL)"
	case ENETUNREACH:
		return "backend: network unreachable (ENETUNREACH)"
	case ECONNABORTED:
		return "backend: connection aborted (ECONNABORTED)"
	case ECONNRESET:
		return "backend: connection reset (ECONNRESET)"
	case ENOBUFS:
		return "backend: out of buffers (ENOBUFS)"
	case EISCONN:
		return "backend: already connected (EISCONN)"
	case ENOTCONN:
		return "backend: not connected (ENOTCONN)"
	case ETIMEDOUT:
		return "backend: timed out by the kernel (ETIMEDOUT)"
	case ECONNREFUSED:
		return "backend: connection refused (ECONNREFUSED)"
	case EHOSTUNREACH:
		return "backend: host unreachable (EHOSTUNREACH)"
	case EALREADY:
		return "backend: already in progress (EALREADY)"
	case EINPROGRESS:
		return "backend: in progress (EINPROGRESS)"
	case EDQUOT:
		return "backend: quota exceeded (EDQUOT)"
	case ECANCELED:
		return "backend: cancelled (ECANCELED)"
	}
	return unknownError
}
