CREATE TABLE `file_upload` (
	`digest` text NOT NULL,
	`organisation` text NOT NULL,
	`mediaType` text NOT NULL,
	`name` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`digest`, `organisation`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `file_usage` (
	`organisation` text PRIMARY KEY NOT NULL,
	`sizeBytes` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `file_upload` (`digest`, `organisation`, `mediaType`, `name`, `at`) SELECT `digest`, `organisation`, `mediaType`, `name`, `at` FROM `file` ORDER BY `digest`;
--> statement-breakpoint
INSERT INTO `file_usage` (`organisation`, `sizeBytes`) SELECT `organisation`, sum(`sizeBytes`) FROM `file` GROUP BY `organisation`;
