#ifndef DEPLOYCENTER_CLIBPQ_SHIM_H
#define DEPLOYCENTER_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* eventfd's flags are enumerators that Swift imports as another type than the function takes. */
static inline int dc_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/* libpq prints notices to standard error unless it is given another place. */
static inline void dc_drop_notice(void *context, const char *message) { (void)context; (void)message; }
static inline void dc_silence_notices(PGconn *connection) { PQsetNoticeProcessor(connection, dc_drop_notice, 0); }

/* PG_DIAG_* are character literals, which Swift does not import as Int32. */
static inline const char *dc_sqlstate(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SQLSTATE); }
static inline const char *dc_message(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY); }
static inline const char *dc_detail(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL); }
static inline const char *dc_constraint(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME); }
static inline const char *dc_statement_position(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION); }

#endif
