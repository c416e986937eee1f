// Limits that every store keeps, so that a value fits one as it fits another.

/** Longest JSON text of one value; etcd refuses requests over 1.5 MiB. */
export const maxValueBytes = 1024 * 1024
