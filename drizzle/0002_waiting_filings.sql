CREATE TABLE `waiting_record` (
	`organisation` text NOT NULL,
	`n` integer NOT NULL,
	`at` integer NOT NULL,
	`draft` text NOT NULL,
	PRIMARY KEY(`organisation`, `n`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `waiting_record_age` ON `waiting_record` (`n`,`at`);
--> statement-breakpoint
DROP INDEX `organisation_number`;
--> statement-breakpoint
CREATE INDEX `organisation_number` ON `organisation` (`scheme`,`number`,`status`);
--> statement-breakpoint
ALTER TABLE `api_key` ADD `repeatableUntil` integer;
--> statement-breakpoint
UPDATE `idempotency` SET `owner` = 'anonymous ' || `requestDigest` WHERE `owner` = 'anonymous';
